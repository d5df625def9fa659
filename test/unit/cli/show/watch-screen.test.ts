import assert from 'node:assert/strict';
import { span, type Line } from '../../../../src/cli/show/spans.ts';
import { keysIn, redraw } from '../../../../src/cli/show/terminal.ts';
import { WatchScreen, type ScreenContent } from '../../../../src/cli/show/watch-screen.ts';

function line(text: string): Line {
  return { key: text.trim(), spans: [span(text)] };
}

function contentOf(lines: readonly string[], fields: Partial<ScreenContent> = {}): ScreenContent {
  return {
    head: line('HEAD'),
    lines: lines.map(line),
    hasBefore: false,
    hasAfter: false,
    ...fields,
  };
}

const letters = 'abcdefghij'.split('');
const status = [span('status')];

/** A screen of four lines between head and status. */
function screenOf(lines = letters, fields: Partial<ScreenContent> = {}): WatchScreen {
  const screen = new WatchScreen();
  screen.resize(6, 12);
  screen.setContent(contentOf(lines, fields));
  return screen;
}

/** The lines between head and status. */
function seen(screen: WatchScreen): string {
  return screen.frame(status, false).slice(1, -1).join('');
}

describe('the page of --watch', () => {
  it('shows head, lines and status, and nothing beyond the screen', () => {
    assert.deepEqual(screenOf().frame(status, false), ['HEAD', 'a', 'b', 'c', 'd', 'status']);
    assert.deepEqual(screenOf(['a']).frame(status, false), ['HEAD', 'a', '', '', '', 'status']);
  });

  it('moves by lines and by pages, as far as there are lines', () => {
    const screen = screenOf();
    const after = (...keys: Parameters<WatchScreen['press']>[0][]) => {
      keys.forEach((key) => {
        screen.press(key);
      });
      return seen(screen);
    };
    assert.equal(after('down', 'down'), 'cdef');
    assert.equal(after('up'), 'bcde');
    assert.equal(after('page down'), 'efgh');
    assert.equal(after('page down', 'page down'), 'ghij');
    assert.equal(after('page up'), 'defg');
    assert.equal(after('start'), 'abcd');
    assert.equal(after('end'), 'ghij');
    assert.equal(after('start', 'up'), 'abcd');
  });

  describe('keeps its place', () => {
    it('when lines come above it', () => {
      const screen = screenOf();
      screen.press('down');
      screen.press('down');
      screen.setContent(contentOf(['0', '1', ...letters]));
      assert.equal(seen(screen), 'cdef');
    });

    it('when lines above it go', () => {
      const screen = screenOf();
      screen.press('page down');
      screen.setContent(contentOf(letters.slice(2)));
      assert.equal(seen(screen), 'defg');
    });

    it('when the line at the top goes: the next one that is left takes its place', () => {
      const screen = screenOf();
      screen.press('page down');
      screen.setContent(contentOf(letters.filter((letter) => !'de'.includes(letter))));
      assert.equal(seen(screen), 'fghi');
    });

    it('when another part of a longer list comes', () => {
      const screen = screenOf(letters, { hasAfter: true });
      screen.press('end');
      assert.equal(seen(screen), 'ghij');
      screen.press('up');
      screen.setContent(contentOf('efghijklmn'.split(''), { hasBefore: true }));
      assert.equal(seen(screen), 'fghi');
    });

    it('but stays at the start, where it is there', () => {
      const screen = screenOf();
      screen.setContent(contentOf(['0', ...letters]));
      assert.equal(seen(screen), '0abc');
    });

    it('when the window becomes another one', () => {
      const screen = screenOf();
      screen.press('page down');
      screen.resize(4, 12);
      assert.equal(seen(screen), 'de');
      screen.resize(40, 12);
      assert.equal(seen(screen), letters.join(''));
    });
  });

  it('goes to an end that has to be read first, when it comes', () => {
    const screen = screenOf(letters, { hasAfter: true });
    screen.press('end');
    screen.setContent(contentOf('uvwxyz'.split(''), { hasBefore: true }));
    assert.equal(seen(screen), 'wxyz');
    screen.press('start');
    screen.setContent(contentOf(letters, { hasAfter: true }));
    assert.equal(seen(screen), 'abcd');
  });

  it('wants more where lines that it lacks are near', () => {
    assert.equal(screenOf().wantsMore, false);
    assert.equal(screenOf(letters, { hasAfter: true }).wantsMore, false);
    const screen = screenOf(letters, { hasAfter: true });
    screen.press('page down');
    assert.equal(screen.wantsMore, true);
    assert.equal(screenOf(letters, { hasBefore: true }).wantsMore, true);
  });

  it('goes to the side as far as a line goes', () => {
    const screen = screenOf(['0123456789abcdefghij']);
    screen.press('right');
    assert.equal(seen(screen), '89abcdefghij');
    screen.press('right');
    assert.equal(seen(screen), '89abcdefghij');
    screen.press('left');
    assert.equal(seen(screen), '0123456789ab');
  });

  it('goes to the side with all columns but the first one', () => {
    const screen = screenOf([]);
    const spans = [span('name '), span('0123456789'), span('abcdefghij')];
    screen.setContent({ ...contentOf([]), lines: [{ key: 'x', spans, fixed: 1 }] });
    assert.equal(seen(screen), 'name 0123456');
    screen.press('right');
    assert.equal(seen(screen), 'name 89abcde');
    screen.toLeft();
    assert.equal(seen(screen), 'name 0123456');
  });

  it('cuts coloured lines by what is seen of them', () => {
    const screen = new WatchScreen();
    screen.resize(4, 10);
    const spans = [span('12345678', 'good'), span('abcdef', 'bad')];
    screen.setContent({ ...contentOf([]), lines: [{ key: 'x', spans }] });
    assert.equal(screen.frame(status, true)[1], '\u001b[32m12345678\u001b[0m\u001b[31mab\u001b[0m');
  });

  it('writes over what is there, and clears what is left of it', () => {
    const text = redraw(['a', 'b']);
    assert.ok(text.includes('\u001b[Ha\u001b[K\r\nb\u001b[K\u001b[J'));
  });
});

describe('the keys of a terminal', () => {
  it('are arrows, pages, letters, and Ctrl-C', () => {
    assert.deepEqual(keysIn('\u001b[A\u001b[B\u001bOC\u001b[5~\u001b[6~\u001b[1~jq\u0003'), [
      'up',
      'down',
      'right',
      'page up',
      'page down',
      'start',
      'down',
      'quit',
      'quit',
    ]);
  });

  it('are nothing where they mean nothing', () => {
    assert.deepEqual(keysIn('\u001b[15~x\u001b[99;5Zü'), []);
  });
});
