import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ServerProcess } from '../support/server.js';

/** Loaded before the server: says which folders are synced, and really syncs them. */
const RECORDER = `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const paths = new Map();
  const { openSync, fsyncSync } = fs;
  fs.openSync = (path, ...rest) => {
    const descriptor = openSync(path, ...rest);
    paths.set(descriptor, path);
    return descriptor;
  };
  fs.fsyncSync = (descriptor) => {
    fsyncSync(descriptor);
    console.log('synced ' + paths.get(descriptor));
  };
  syncBuiltinESMExports();`;

it('a server that makes its folders and its file has them on the disk before it is ready', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ordermill-'));
  const recorder = join(root, 'recorder.mjs');
  writeFileSync(recorder, RECORDER);
  const folder = join(root, 'made', 'by', 'it');
  const start = async () => {
    const server = await ServerProcess.start({
      DATABASE_URL: `sqlite:${join(folder, 'orders.sqlite')}`,
      NODE_OPTIONS: `--import=${pathToFileURL(recorder).href}`,
    });
    await server.stop();
    return new Set(server.log.flatMap((line) => /^synced (.*)$/.exec(line)?.[1] ?? []));
  };
  const synced = await start();
  for (const parent of [root, join(root, 'made'), join(root, 'made', 'by'), folder])
    expect(synced).toContain(parent);
  rmSync(root, { recursive: true });
});
