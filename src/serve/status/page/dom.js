/**
 * Makes elements. Whatever is shown comes in as text and stays text: nothing here reads HTML.
 */

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * An element with attributes and children; an attribute that is undefined or false is left out.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Readonly<Record<string, string | boolean | undefined>>} attributes
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  setAttributes(made, attributes);
  made.append(...present(children));
  return made;
}

/**
 * @param {Element} target
 * @param {Readonly<Record<string, string | boolean | undefined>>} attributes
 */
function setAttributes(target, attributes) {
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === true) {
      target.setAttribute(attribute, '');
    } else if (typeof value === 'string') {
      target.setAttribute(attribute, value);
    }
  }
}

/**
 * Replaces the children of an element.
 * @param {Element} target
 * @param {...Child} children
 */
export function fill(target, ...children) {
  target.replaceChildren(...present(children));
}

/**
 * Sets a text where it differs: what somebody has selected in it stays selected otherwise.
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

/**
 * @param {readonly Child[]} children
 * @returns {(Node | string)[]}
 */
function present(children) {
  return children.filter((child) => child instanceof Node || typeof child === 'string');
}

const svgNames = 'http://www.w3.org/2000/svg';

/**
 * A small chart of values, the last one at the right.
 * @param {{ readonly line: string, readonly area: string }} paths
 * @param {string} title
 */
export function spark({ line, area }, title) {
  const svg = document.createElementNS(svgNames, 'svg');
  setAttributes(svg, {
    class: 'spark',
    viewBox: '0 0 100 24',
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': title,
  });
  for (const [name, d] of [
    ['area', area],
    ['line', line],
  ]) {
    const path = document.createElementNS(svgNames, 'path');
    setAttributes(path, { class: name, d });
    svg.append(path);
  }
  return svg;
}

/**
 * The element of an id, which the page has.
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new Error(`the page has no ${id}`);
  }
  return found;
}
