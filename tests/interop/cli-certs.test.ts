// `klamm certs` as a user types it: what it writes, what Java, librdkafka and Apache Kafka say to it, and what it says of
// certificates that are not in order.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startBroker } from '@klamm/broker/broker';
import { issueAuthority, issueBroker } from '@klamm/certs/issue/certificate';
import { Kafka } from 'klamm';
import { type Outcome, runProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const PASSWORD = 'store-password';
const DAY_MS = 86_400_000;

const directory = mkdtempSync(join(tmpdir(), 'klamm-certs-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const at = (name: string): string => join(directory, name);
const certs = (...args: string[]): Promise<Outcome> =>
  runProgram(process.execPath, [BIN, 'certs', ...args], {
    mayFail: true,
    env: { NO_COLOR: '1', STORE_PASSWORD: PASSWORD },
  });
const PASSWORD_FLAGS = ['--password-env', 'STORE_PASSWORD'];
const inDirectory = ['--dir', directory];

suite('klamm certs', { timeout: 120_000 }, () => {
  before(async () => {
    assert.equal((await certs('ca', ...inDirectory)).code, 0);
    const args = ['-a', '127.0.0.1', '-a', 'localhost', '--format', 'p12', '--format', 'jks'];
    assert.equal((await certs('broker', ...args, ...inDirectory, ...PASSWORD_FLAGS)).code, 0);
    const client = ['client', 'alice', '--name', 'CN=alice,OU=eng'];
    assert.equal((await certs(...client, ...inDirectory, ...PASSWORD_FLAGS)).code, 0);
  });

  test('keys, and stores with keys, are for their owner alone', () => {
    const mode = (name: string): string => (statSync(at(name)).mode & 0o777).toString(8);
    assert.deepEqual(
      ['ca.key', 'broker.key', 'broker.p12', 'broker.jks', 'alice.key'].map(mode),
      Array(5).fill('600'),
    );
    assert.deepEqual(
      ['ca.crt', 'broker.crt', 'truststore.p12', 'truststore.jks'].map(mode),
      Array(4).fill('644'),
    );
  });

  test('nothing is overwritten unasked, and no password is taken from a flag', async () => {
    const old = readFileSync(at('broker.key'), 'utf8');
    const { code, stderr } = await certs('broker', ...inDirectory, ...PASSWORD_FLAGS);
    assert.equal(code, 2);
    assert.match(stderr, /broker\.crt.*--force/);
    assert.equal((await certs('ca', ...inDirectory)).code, 2);
    assert.equal(readFileSync(at('broker.key'), 'utf8'), old);
    assert.equal((await certs('broker', 'x', ...inDirectory, '--password', 'secret')).code, 2);
  });

  for (const end of ['p12', 'jks']) {
    test(`a broker serves with the ${end} stores, and knows who shows a certificate`, async () => {
      await using broker = await startBroker({
        listeners: 'SSL://127.0.0.1:0',
        config: {
          'ssl.keystore.location': at(`broker.${end}`),
          'ssl.keystore.password': PASSWORD,
          'ssl.truststore.location': at(`truststore.${end}`),
          'ssl.truststore.password': PASSWORD,
          'ssl.client.auth': 'required',
        },
      });
      const truststore = { path: at(`truststore.${end}`), password: PASSWORD };
      const keystore = { path: at('alice.p12'), password: PASSWORD };
      const kafka = new Kafka({ brokers: broker.bootstrap, tls: { truststore, keystore } });
      await using producer = kafka.producer();
      assert.equal((await producer.send({ topic: 't', value: 'x' })).offset, 0);
      const stranger = new Kafka({ brokers: broker.bootstrap, tls: { truststore } }).producer();
      await assert.rejects(stranger.send({ topic: 't', value: 'x' }), {
        code: 'SSL_AUTHENTICATION_FAILED',
        message: /certificate of this client/,
      });
      await stranger.close();
    });
  }

  test('show says who, until when, and for which addresses', async () => {
    const { stdout } = await certs('show', at('broker.p12'), at('ca.crt'), ...PASSWORD_FLAGS, '-o', 'json');
    const rows = JSON.parse(stdout);
    assert.deepEqual(
      rows.map(({ entry, subject }: { entry: string; subject: string }) => [entry, subject]),
      [
        ['key broker', 'CN=broker'],
        ['chain broker', 'CN=Klamm CA'],
        ['certificate 1', 'CN=Klamm CA'],
      ],
    );
    assert.deepEqual(rows[0].addresses, ['localhost', '127.0.0.1']);
    assert.equal(rows[0].state, 'ok');
    const wrong = await certs('show', at('broker.p12'), '--password-env', 'HOME');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /broker\.p12: the password does not open it/);
  });

  test('a renewed certificate has the names, the addresses and the key of the old one', async () => {
    const show = async () => JSON.parse((await certs('show', at('alice.crt'), '-o', 'json')).stdout)[0];
    const old = await show();
    const key = readFileSync(at('alice.key'), 'utf8');
    const { code, stderr } = await certs('renew', at('alice.crt'), '--days', '10', ...PASSWORD_FLAGS);
    assert.equal(code, 0, stderr);
    const renewed = await show();
    assert.equal(renewed.subject, old.subject);
    assert.notEqual(renewed.fingerprint, old.fingerprint);
    assert.match(renewed.state, /^expires in (9|10) days$/);
    assert.equal(readFileSync(at('alice.key'), 'utf8'), key);
  });

  test('check says what a client would refuse, and is content where it would not', async () => {
    const now = Date.now();
    const authority = await issueAuthority({
      name: 'CN=Old',
      days: 9000,
      keyKind: 'ec-p256',
      now: now - 400 * DAY_MS,
    });
    const common = { name: 'CN=old', days: 100, keyKind: 'ec-p256', authority } as const;
    const expired = await issueBroker({ ...common, dns: [], ips: ['127.0.0.1'], now: now - 200 * DAY_MS });
    const elsewhere = await issueBroker({ ...common, dns: ['kafka.example'], ips: [], now });
    writeFileSync(at('old-ca.crt'), authority.certificate);
    const check = async (pem: { certificate: string; key: string }, ca: string | undefined) => {
      await using broker = await startBroker({
        listeners: 'SSL://127.0.0.1:0',
        config: {
          'ssl.keystore.type': 'PEM',
          'ssl.keystore.key': pem.key,
          'ssl.keystore.certificate.chain': pem.certificate,
        },
      });
      const { code, stderr } = await certs(
        'check',
        broker.bootstrap,
        ...(ca === undefined ? [] : ['--ca', ca]),
      );
      return `${code}: ${stderr}`;
    };
    assert.match(await check(expired, at('old-ca.crt')), /^1: [\s\S]*expired on/);
    assert.match(
      await check(elsewhere, at('old-ca.crt')),
      /^1: [\s\S]*not for 127\.0\.0\.1, but for kafka\.example/,
    );
    assert.match(await check(elsewhere, undefined), /^1: [\s\S]*authority is not trusted/);
    const [key, certificate] = ['broker.key', 'broker.crt'].map((name) => readFileSync(at(name), 'utf8'));
    assert.match(
      await check({ key: key ?? '', certificate: certificate ?? '' }, at('ca.crt')),
      /^0: In order: TLSv1\.3/,
    );
  });

  test('PEM becomes a keystore and a truststore, and a store without trust is told', async () => {
    const made = await certs('keystore', at('k.jks'), at('broker.key'), at('broker.crt'), ...PASSWORD_FLAGS);
    assert.equal(made.code, 0, made.stderr);
    assert.equal((await certs('truststore', at('t.p12'), at('ca.crt'), ...PASSWORD_FLAGS)).code, 0);
    const rows = JSON.parse(
      (await certs('show', at('k.jks'), at('t.p12'), ...PASSWORD_FLAGS, '-o', 'json')).stdout,
    );
    assert.deepEqual(
      rows.map(({ entry }: { entry: string }) => entry),
      ['key key', 'chain key', 'trusted ca'],
    );
  });
});
