// Key stores: ours read back, those of keytool and OpenSSL read, and ours read by keytool and OpenSSL.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { issueAuthority, issueBroker } from '../issue/certificate.ts';
import type { KeyKind } from '../issue/keys.ts';
import { writeJks } from './jks.ts';
import { writePkcs12 } from './pkcs12-write.ts';
import { readStore } from './read-store.ts';
import type { Store } from './store.ts';
import { tlsMaterial } from './tls-material.ts';

const NOW = Date.UTC(2026, 0, 1);
const PASSWORD = 'pass word';
const directory = mkdtempSync(join(tmpdir(), 'klamm-stores-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const file = (name: string): string => join(directory, name);

function has(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const skipKeytool = has('keytool', '-help') ? false : 'keytool is not here';
const skipOpenssl = has('openssl', 'version') ? false : 'openssl is not here';
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], cwd: directory });
const read = (name: string, password?: string, keyPassword?: string): Store =>
  readStore({ bytes: readFileSync(file(name)), name, password, keyPassword });

async function issued(keyKind: KeyKind) {
  const common = { keyKind, now: NOW, days: 365 };
  const authority = await issueAuthority({ ...common, name: 'CN=Authority' });
  const broker = await issueBroker({ ...common, name: 'CN=b', authority, dns: ['localhost'], ips: [] });
  const keys = [{ alias: 'broker', key: broker.key, chain: [broker.certificate, authority.certificate] }];
  const certificates = [{ alias: 'authority', certificate: authority.certificate }];
  return { authority, broker, keystore: { keys, certificates: [] }, truststore: { keys: [], certificates } };
}
const ec = await issued('ec-p256');
const rsa = await issued('rsa-2048');

const same = (a: string, b: string): void =>
  assert.equal(new X509Certificate(a).fingerprint256, new X509Certificate(b).fingerprint256);
const sameKey = (a: string, b: string): void => assert.ok(createPrivateKey(a).equals(createPrivateKey(b)));

const WRITERS = {
  p12: (store: Pick<Store, 'keys' | 'certificates'>) => writePkcs12(store, PASSWORD),
  jks: (store: Pick<Store, 'keys' | 'certificates'>) => writeJks(store, PASSWORD, NOW),
} as const;

for (const [suffix, write] of Object.entries(WRITERS)) {
  for (const [kind, it] of Object.entries({ ec, rsa })) {
    test(`${suffix}: a keystore with a key of ${kind}, and a truststore, are read back as they were written`, () => {
      const keystore = readStore({ bytes: write(it.keystore), name: 'k', password: PASSWORD });
      const [key] = keystore.keys;
      assert.equal(key?.alias, 'broker');
      sameKey(key?.key ?? '', it.broker.key);
      assert.equal(key?.chain.length, 2);
      same(key?.chain[0] ?? '', it.broker.certificate);
      same(key?.chain[1] ?? '', it.authority.certificate);
      assert.equal(keystore.certificates.length, 0);

      const truststore = readStore({ bytes: write(it.truststore), name: 't', password: PASSWORD });
      assert.deepEqual([truststore.keys.length, truststore.certificates.length], [0, 1]);
      same(truststore.certificates[0]?.certificate ?? '', it.authority.certificate);
      assert.equal(truststore.isTrustedByJava, true);
    });

    test(`${suffix}: keytool reads the key of ${kind}, its chain, and what is trusted`, {
      skip: skipKeytool,
    }, () => {
      const [k, t] = [`our-${kind}-k.${suffix}`, `our-${kind}-t.${suffix}`];
      writeFileSync(file(k), write(it.keystore));
      writeFileSync(file(t), write(it.truststore));
      const keys = run('keytool', '-list', '-v', '-keystore', k, '-storepass', PASSWORD);
      assert.match(keys, /PrivateKeyEntry/);
      assert.match(keys, /chain length: 2/);
      assert.match(run('keytool', '-list', '-keystore', t, '-storepass', PASSWORD), /trustedCertEntry/);
      // Only who can open the key can write it to another store.
      const to = `copy-${kind}-${suffix}.p12`;
      run(
        'keytool',
        '-importkeystore',
        '-srckeystore',
        k,
        '-srcstorepass',
        PASSWORD,
        '-destkeystore',
        to,
        '-deststoretype',
        'PKCS12',
        '-deststorepass',
        PASSWORD,
      );
      sameKey(read(to, PASSWORD).keys[0]?.key ?? '', it.broker.key);
    });
  }

  test(`${suffix}: a wrong password is told from a damaged file, and names the file`, () => {
    const bytes = write(ec.keystore);
    const open = (password: string | undefined, of = bytes) =>
      readStore({ bytes: of, name: 'my store', password });
    assert.throws(() => open('wrong'), { code: 'STORE_PASSWORD_WRONG', message: /^my store: / });
    assert.throws(() => open(undefined), { code: 'STORE_PASSWORD_MISSING' });
    for (const length of [5, 40, bytes.length - 30]) {
      assert.throws(() => open(undefined, bytes.subarray(0, length)), {
        code: /STORE_(DAMAGED|PASSWORD_MISSING)/,
      });
    }
  });

  test(`${suffix}: no damage makes the reader do anything but say so`, () => {
    const bytes = write(ec.keystore);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ by;
        try {
          readStore({ bytes: damaged, name: 's', password: PASSWORD });
        } catch (error) {
          assert.match((error as { code?: string }).code ?? String(error), /^STORE_/);
        }
      }),
      { numRuns: 60 },
    );
  });
}

test('what keytool writes is read: PKCS12 and JKS, of its own key and of what it trusts', {
  skip: skipKeytool,
}, () => {
  for (const type of ['PKCS12', 'JKS']) {
    const name = `keytool.${type}`;
    const at = ['-keystore', name, '-storetype', type, '-storepass', PASSWORD];
    run(
      'keytool',
      '-genkeypair',
      '-alias',
      'mine',
      '-keyalg',
      'EC',
      '-groupname',
      'secp256r1',
      '-dname',
      'CN=mine',
      ...at,
      '-keypass',
      PASSWORD,
    );
    writeFileSync(file('authority.crt'), ec.authority.certificate);
    run('keytool', '-importcert', '-noprompt', '-alias', 'ca', '-file', 'authority.crt', ...at);
    const store = read(name, PASSWORD);
    assert.equal(store.type, type);
    assert.deepEqual(
      store.keys.map(({ alias }) => alias),
      ['mine'],
    );
    assert.deepEqual(
      store.certificates.map(({ alias }) => alias),
      ['ca'],
    );
    same(store.certificates[0]?.certificate ?? '', ec.authority.certificate);
  }
});

test('what OpenSSL writes is read: with AES, with triple DES, without a seal', { skip: skipOpenssl }, () => {
  writeFileSync(file('b.key'), rsa.broker.key);
  writeFileSync(file('b.crt'), rsa.broker.certificate);
  const from = ['-export', '-inkey', 'b.key', '-in', 'b.crt', '-name', 'b', '-passout', `pass:${PASSWORD}`];
  for (const [name, ...how] of [
    ['aes.p12'],
    ['des.p12', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
    ['bare.p12', '-nomac'],
  ] as const) {
    run('openssl', 'pkcs12', ...from, '-out', name, ...how);
    const [key] = read(name, PASSWORD).keys;
    sameKey(key?.key ?? '', rsa.broker.key);
    same(key?.chain[0] ?? '', rsa.broker.certificate);
  }
});

test('OpenSSL reads ours', { skip: skipOpenssl }, () => {
  writeFileSync(file('ours.p12'), writePkcs12(ec.keystore, PASSWORD));
  const out = run('openssl', 'pkcs12', '-in', 'ours.p12', '-passin', `pass:${PASSWORD}`, '-nodes');
  assert.match(out, /BEGIN PRIVATE KEY/);
  assert.equal(out.match(/BEGIN CERTIFICATE/g)?.length, 2);
});

test('a PKCS12 file of certificates only, without the attribute that Java wants, is told from one with it', {
  skip: skipOpenssl,
}, () => {
  writeFileSync(file('only.crt'), ec.authority.certificate);
  run(
    'openssl',
    'pkcs12',
    '-export',
    '-nokeys',
    '-in',
    'only.crt',
    '-out',
    'only.p12',
    '-passout',
    `pass:${PASSWORD}`,
  );
  const store = read('only.p12', PASSWORD);
  assert.equal(store.certificates.length, 1);
  assert.equal(store.isTrustedByJava, false);
});

test('PEM is read in any order, on one line, and with an encrypted key', { skip: skipOpenssl }, () => {
  const text = ec.authority.certificate + ec.broker.key + ec.broker.certificate;
  const [key] = readStore({ bytes: Buffer.from(text), name: 'p' }).keys;
  assert.equal(key?.chain.length, 2, 'the chain begins with its own certificate');
  same(key?.chain[0] ?? '', ec.broker.certificate);
  const oneLine = readStore({ bytes: Buffer.from(text.replaceAll('\n', ' ')), name: 'p' });
  sameKey(oneLine.keys[0]?.key ?? '', ec.broker.key);
  writeFileSync(file('plain.key'), ec.broker.key);
  run('openssl', 'pkcs8', '-topk8', '-in', 'plain.key', '-out', 'hidden.key', '-passout', `pass:${PASSWORD}`);
  sameKey(read('hidden.key', PASSWORD).keys[0]?.key ?? '', ec.broker.key);
  assert.throws(() => read('hidden.key'), { code: 'STORE_PASSWORD_MISSING' });
  assert.throws(() => read('hidden.key', 'wrong'), { code: 'STORE_PASSWORD_WRONG' });
});

test('what TLS needs is taken from a keystore and a truststore; what they lack is said', () => {
  const keystore = { bytes: writePkcs12(ec.keystore, PASSWORD), name: 'k', password: PASSWORD };
  const truststore = { bytes: writeJks(ec.truststore, PASSWORD, NOW), name: 't', password: PASSWORD };
  const { key, cert, ca } = tlsMaterial({ keystore, truststore });
  sameKey(key ?? '', ec.broker.key);
  assert.equal(cert?.match(/BEGIN/g)?.length, 2);
  assert.equal(ca?.length, 1);
  assert.throws(() => tlsMaterial({ keystore: truststore }), { code: 'STORE_WITHOUT_KEY', message: /^t: / });
  const bare = { bytes: Buffer.from(ec.broker.key), name: 'b' };
  assert.throws(() => tlsMaterial({ keystore: bare }), { code: 'STORE_WITHOUT_CERTIFICATE' });
  assert.throws(() => tlsMaterial({ truststore: bare }), { code: 'STORE_WITHOUT_CERTIFICATE' });
  assert.throws(() => tlsMaterial({ truststore: { bytes: Buffer.from('what?'), name: 'x' } }), {
    code: 'STORE_DAMAGED',
  });
});
