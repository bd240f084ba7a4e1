import type { INestApplication } from '@nestjs/common';

/** Listens on a free port and says where, as Ordermill does. */
export async function listen(app: INestApplication): Promise<void> {
  await app.listen(0, '127.0.0.1');
  process.stdout.write(`ready on ${await app.getUrl()}\n`);
}
