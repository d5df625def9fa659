import { createServer } from 'node:http';

/**
 * The HTTP server of one Pod: answers every request with the Pod's name. Arguments: the name, the
 * port, and how long an answer takes in milliseconds.
 */
const [name = '', port = '', delayMs = ''] = process.argv.slice(2);

const server = createServer((_request, response) => {
  setTimeout(() => response.end(name), Number(delayMs));
});
// The connection that the client holds through all scheduler changes is idle in between.
server.keepAliveTimeout = 300_000;
server.listen(Number(port), () => process.send?.('ready'));
process.once('disconnect', () => process.exit());
