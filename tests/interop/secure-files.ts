// Certificates and stores as `klamm certs` makes them, in a folder of their own, for brokers on this machine.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));

export interface SecureFiles extends Disposable {
  readonly password: string;
  /** The path of `ca.crt`, `broker.p12`, `broker.jks`, `truststore.p12`, `truststore.jks`, `alice.p12` … */
  at(name: string): string;
  text(name: string): string;
}

/** An authority, a broker for localhost and 127.0.0.1, and the client alice. */
export async function secureFiles(): Promise<SecureFiles> {
  const directory = mkdtempSync(join(tmpdir(), 'klamm-secure-'));
  const password = 'changeit';
  const certs = async (...args: string[]): Promise<void> => {
    const all = [BIN, 'certs', ...args, '--dir', directory];
    const { code, stderr } = await runProgram(process.execPath, all, {
      env: { STORES: password },
      mayFail: true,
    });
    assert.equal(code, 0, stderr);
  };
  const stores = ['--format', 'p12', '--format', 'jks', '--password-env', 'STORES'];
  await certs('ca');
  await certs('broker', '-a', 'localhost', '-a', '127.0.0.1', ...stores);
  await certs('client', 'alice', ...stores);
  const at = (name: string): string => join(directory, name);
  return {
    password,
    at,
    text: (name) => readFileSync(at(name), 'utf8'),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
