import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Whether certificates can be made here. */
export const haveOpenssl = ['/usr/bin/openssl', '/usr/local/bin/openssl'].some(existsSync);

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate authority of its own for a test, in a folder. */
export class CertificateAuthority {
  readonly #folder: string;
  readonly #own: Certificate;

  constructor(folder: string) {
    this.#folder = folder;
    this.#own = this.#files('ca');
    const { keyFile, certFile } = this.#own;
    const files = ['-keyout', keyFile, '-out', certFile];
    this.#openssl('req', '-x509', ...newKey, '-subj', '/CN=ca', '-days', '2', ...files);
  }

  get certFile(): string {
    return this.#own.certFile;
  }

  /** A certificate for 127.0.0.1 and for a client of this name. */
  issue(commonName: string): Certificate {
    const files = this.#files(commonName);
    const { certFile: out, keyFile } = files;
    const subject = ['-subj', `/CN=${commonName}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    const signer = ['-CA', this.#own.certFile, '-CAkey', this.#own.keyFile, '-days', '2'];
    this.#openssl(
      'req',
      '-x509',
      ...newKey,
      ...subject,
      ...signer,
      '-keyout',
      keyFile,
      '-out',
      out,
    );
    return files;
  }

  #files(name: string): Certificate {
    return {
      certFile: join(this.#folder, `${name}.crt`),
      keyFile: join(this.#folder, `${name}.key`),
    };
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
