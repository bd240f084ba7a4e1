import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What Node itself can do: reads the body, parses it, answers. No framework, no checks, no database. */
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const { order_id = randomUUID() } = JSON.parse(Buffer.concat(parts).toString()) as { order_id?: string };
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message: 'Order received', order_id, status: 'Pending' }));
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`ready on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
