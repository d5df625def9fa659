import { once } from 'node:events';

/** So many characters are written at a time. */
const writtenAtOnce = 1 << 16;

/** Streams whose errors do not end the process, since the next writing tells of them. */
const heard = new WeakSet<NodeJS.WriteStream>();

/**
 * Writes a text that comes in parts to standard output, no faster than it is read there. Nothing more is
 * asked for once nobody reads it any more, as with `head`. Answers whether somebody does.
 */
export async function writeOut(parts: AsyncIterable<string>): Promise<boolean> {
  const { stdout } = process;
  if (!heard.has(stdout)) {
    heard.add(stdout);
    stdout.on('error', () => undefined);
  }
  for await (const chunk of inChunks(parts)) {
    if (!stdout.write(chunk) && stdout.errored === null) {
      // It rejects with what `errored` is then.
      await once(stdout, 'drain').catch(() => undefined);
    }
    if (stdout.errored !== null) {
      break;
    }
  }
  const { errored } = stdout;
  if (errored !== null && !('code' in errored && errored.code === 'EPIPE')) {
    throw errored;
  }
  return errored === null;
}

async function* inChunks(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let waiting = '';
  for await (const part of parts) {
    waiting += part;
    if (waiting.length >= writtenAtOnce) {
      yield waiting;
      waiting = '';
    }
  }
  yield waiting;
}
