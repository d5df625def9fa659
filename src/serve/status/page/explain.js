import { get } from './api.js';
import { byId, element, fill, setText } from './dom.js';

const explainWindow = byId('explain', HTMLDialogElement);

/** How often somebody has asked: an answer that comes late is that to another question. */
let asked = 0;

/**
 * Opens the window that says why a Service becomes what it does.
 * @param {string} service
 */
export async function explain(service) {
  asked += 1;
  const turn = asked;
  setText(byId('explain-title', HTMLElement), `Why ${service} becomes what it does`);
  const steps = byId('explain-steps', HTMLElement);
  fill(steps, element('li', {}, 'asking'));
  if (!explainWindow.open) {
    explainWindow.showModal();
  }
  const texts = await stepsOf(service);
  if (turn === asked) {
    fill(steps, ...texts.map((text) => element('li', {}, text)));
  }
}

/**
 * What is explained, or why nothing is.
 * @param {string} service
 * @returns {Promise<readonly string[]>}
 */
async function stepsOf(service) {
  try {
    /** @type {{ readonly steps: readonly { readonly text: string }[] }} */
    const explained = await get(`explain?${new URLSearchParams({ service }).toString()}`);
    return explained.steps.map(({ text }) => text);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
