import { Agent, request, type RequestOptions } from 'node:http';
import type { Answer, Order } from './client-protocol.ts';
import { clientAddresses, servicePort, vip } from './topology.ts';

/** The clients of the Service: carries out the orders of the walk, in the client's Pod. */
const timeoutMs = 5000;
const newAgent = () => new Agent({ keepAlive: true, maxSockets: 1 });
let held = newAgent();

function ask(client: number, options: RequestOptions): Promise<Answer> {
  return new Promise((resolve) => {
    const outgoing = request(
      {
        host: vip,
        port: servicePort,
        localAddress: clientAddresses[client - 1],
        timeout: timeoutMs,
        ...options,
      },
      (response) => {
        let pod = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (pod += part));
        response.on('end', () => resolve({ client, pod, reused: outgoing.reusedSocket }));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', (error) => {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
      resolve({ client, error: code, reused: outgoing.reusedSocket });
    });
    outgoing.end();
  });
}

async function askInTurn(client: number, count: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  while (answers.length < count) {
    answers.push(await ask(client, { agent: false }));
  }
  return answers;
}

async function carryOut(order: Order): Promise<readonly Answer[]> {
  switch (order.kind) {
    case 'load': {
      const clients = clientAddresses.map((_address, index) =>
        askInTurn(index + 1, order.requestsPerClient),
      );
      return (await Promise.all(clients)).flat();
    }
    case 'hold':
      return [await ask(1, { agent: held })];
    case 'release':
      held.destroy();
      held = newAgent();
      return [];
  }
}

// The other end of the channel is client-process.ts, which sends orders alone: hence the cast.
process.on('message', (order) => {
  void carryOut(order as Order).then((answers) => process.send?.(answers));
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
