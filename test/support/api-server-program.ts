import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/source/api-server/clock.ts';
import { ModelApi, type ModelObject } from './model-api.ts';

/**
 * An API server in a network namespace, at all of its addresses: `node api-server-program.ts PORT`. It
 * takes a line of JSON for each object, with the path, and prints what is posted to it.
 */

/** An object that is there from now on, or gone. */
export interface Order {
  readonly do: 'put' | 'remove';
  readonly path: string;
  readonly object: ModelObject;
}

const model = new ModelApi(systemClock);

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    void text(request).then((body) => {
      process.stdout.write(`${body}\n`);
      response.writeHead(201, { 'content-type': 'application/json' }).end(body);
    });
    return;
  }
  const leave = model.answer(request.url ?? '', {
    head: (code, headers) => {
      response.writeHead(code, headers);
      response.flushHeaders();
    },
    write: (piece) => response.write(piece),
    end: () => response.end(),
    break: () => response.destroy(),
  });
  response.on('close', leave);
});

createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line) as Order; // the test's own form
  model[order.do](order.path, order.object);
});
process.stdin.on('end', () => process.exit());

server.listen(Number(process.argv[2]), '::', () => {
  process.stdout.write('ready\n');
});
