import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Certificates as a firm makes them for itself: an authority, a key with its certificate for `localhost`, a stranger. */
export class Certificates {
  readonly folder = mkdtempSync('/tmp/ordermill-tls-');
  /** The authority that signed `certificate`. */
  readonly ca = this.#authority('ca');
  /** One that did not. */
  readonly otherCa = this.#authority('other');
  readonly key = join(this.folder, 'server.key');
  readonly certificate = join(this.folder, 'server.pem');

  constructor() {
    const [request, extensions] = [join(this.folder, 'request'), join(this.folder, 'extensions')];
    writeFileSync(extensions, 'subjectAltName=DNS:localhost');
    const named = ['-subj', '/CN=localhost', '-keyout', this.key, '-out', request];
    openssl('req', '-newkey', 'rsa:2048', '-noenc', ...named);
    const authority = ['-CA', this.ca, '-CAkey', join(this.folder, 'ca.key'), '-CAcreateserial'];
    openssl('x509', '-req', '-in', request, '-out', this.certificate, ...authority, '-extfile', extensions);
  }

  static isPossible(): boolean {
    try {
      openssl('version');
      return true;
    } catch {
      return false; // it is not installed
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #authority(name: string): string {
    const [key, file] = [join(this.folder, `${name}.key`), join(this.folder, `${name}.pem`)];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-noenc',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      key,
      '-out',
      file,
    );
    return file;
  }
}

function openssl(...parameters: string[]): void {
  execFileSync('openssl', parameters, { stdio: 'ignore' });
}
