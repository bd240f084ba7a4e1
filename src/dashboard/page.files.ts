import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OWN = fileURLToPath(new URL('page/', import.meta.url));

/** Files of packages, each beside the package's entry, by the name under which the page loads them as they are. */
const LIBRARIES: Record<string, [packageName: string, file: string]> = {
  'lib/preact.js': ['preact', 'preact.mjs'],
  'lib/htm.js': ['htm', 'htm.module.js'],
  'lib/eventsource-parser.js': ['eventsource-parser', 'index.js'],
  'lib/uplot.js': ['uplot', 'uPlot.esm.js'],
  'lib/uplot.css': ['uplot', 'uPlot.min.css'],
};

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** Where the HTML names the version of the files that it loads. */
const VERSION = /\{version\}/g;

export interface PageFile {
  type: string;
  content: Buffer;
  etag: string;
}

/**
 * Everything that the status page loads, in memory: its own files and those of the libraries. They have one version, a
 * digest of all: it is part of their URLs, so browsers may keep them for ever.
 */
export class PageFiles {
  readonly version: string;
  readonly #files: ReadonlyMap<string, PageFile>;

  /** @throws Error that names the file which is missing */
  constructor(libraries = LIBRARIES) {
    const contents = new Map([...ownFiles(), ...filesOf(libraries)]);
    const digest = createHash('sha256');
    for (const [name, content] of contents) digest.update(`${name}\0${content.length}\0`).update(content);
    this.version = digest.digest('base64url').slice(0, 12);
    this.#files = new Map(
      [...contents].map(([name, content]) => [name, toFile(name, content, this.version)]),
    );
  }

  /** Only what is listed: no name leads to the file system. */
  get(name: string): PageFile | undefined {
    return this.#files.get(name);
  }

  /** The URL of a file, which changes when any of them does. */
  urlOf(name: string): string {
    if (!this.#files.has(name)) throw new Error(`the status page has no file ${name}`);
    return `/page/${this.version}/${name}`;
  }
}

function ownFiles(): [name: string, content: Buffer][] {
  const names = readdirSync(OWN, { recursive: true, encoding: 'utf8' }).map((name) =>
    name.replaceAll('\\', '/'),
  );
  const files = names.filter((name) => TYPES[extname(name)] !== undefined).sort();
  return files.map((name) => [name, readFileSync(join(OWN, name))]);
}

function filesOf(libraries: typeof LIBRARIES): [name: string, content: Buffer][] {
  const { resolve } = createRequire(import.meta.url);
  return Object.entries(libraries).map(([name, [packageName, file]]) => {
    try {
      return [name, readFileSync(join(dirname(resolve(packageName)), file))];
    } catch (error) {
      throw new Error(`the status page needs ${file} of the package ${packageName}; npm ci installs it`, {
        cause: error,
      });
    }
  });
}

function toFile(name: string, content: Buffer, version: string): PageFile {
  const type = TYPES[extname(name)] ?? 'application/octet-stream';
  const served = type.startsWith('text/html')
    ? Buffer.from(content.toString().replace(VERSION, version))
    : content;
  const etag = createHash('sha256').update(served).digest('base64url').slice(0, 22);
  return { type, content: served, etag: `"${etag}"` };
}
