// The environment of a Kafka image as people have it in their compose files, given to Klamm as it stands: a listener in
// the clear for those inside, one with TLS and a login for those outside, one for controllers. Everybody's clients log in
// with the files that `klamm certs` made; what does not fit is said on both sides.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { issueAuthority, issueBroker } from '@klamm/certs/issue/certificate';
import { Kafka, type KafkaOptions } from 'klamm';
import { getGo } from '../peers/go.ts';
import { getJava } from '../peers/java.ts';
import { getKcat } from '../peers/kcat.ts';
import { usePeer } from '../peers/peers.ts';
import { freePort, untilAnswers } from '../peers/ports.ts';
import { type RunningProgram, runProgram, startProgram } from '../peers/program.ts';
import { type SecureFiles, secureFiles } from './secure-files.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const [kcat, go, java] = await Promise.all([usePeer(getKcat), usePeer(getGo), usePeer(getJava)]);
const DAY_MS = 86_400_000;

suite('the environment of a Kafka image starts Klamm', { timeout: 180_000 }, () => {
  let files: SecureFiles;
  let program: RunningProgram;
  let inside: string;
  let outside: string;
  const folder = mkdtempSync(join(tmpdir(), 'klamm-seed-'));

  /** The variables of the compose file; `changes` are the faults a test makes. */
  const environment = (ports: readonly number[], changes: Readonly<Record<string, string>> = {}) => ({
    KAFKA_ENABLE_KRAFT: 'yes',
    KAFKA_CFG_PROCESS_ROLES: 'controller,broker',
    KAFKA_CFG_NODE_ID: '1',
    KAFKA_CFG_CONTROLLER_QUORUM_VOTERS: `1@127.0.0.1:${ports[1]}`,
    KAFKA_CFG_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_CFG_INTER_BROKER_LISTENER_NAME: 'INTERNAL',
    KAFKA_CFG_SSL_PROTOCOL: 'TLSv1.2',
    KAFKA_CFG_SSL_CLIENT_AUTH: 'none',
    KAFKA_CFG_SSL_KEYSTORE_LOCATION: files.at('broker.jks'),
    KAFKA_CFG_SSL_KEYSTORE_PASSWORD: files.password,
    KAFKA_CFG_SSL_KEY_PASSWORD: files.password,
    KAFKA_CFG_SSL_TRUSTSTORE_LOCATION: files.at('truststore.jks'),
    KAFKA_CFG_SSL_TRUSTSTORE_PASSWORD: files.password,
    KAFKA_CFG_LISTENERS: `INTERNAL://127.0.0.1:${ports[0]},CONTROLLER://127.0.0.1:${ports[1]},SSL://127.0.0.1:${ports[2]}`,
    KAFKA_CFG_ADVERTISED_LISTENERS: `SSL://127.0.0.1:${ports[2]},INTERNAL://127.0.0.1:${ports[0]}`,
    KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,SSL:SASL_SSL,INTERNAL:PLAINTEXT',
    KAFKA_CFG_SASL_ENABLED_MECHANISMS: 'PLAIN',
    KAFKA_CFG_SASL_MECHANISM_INTER_BROKER_PROTOCOL: 'PLAIN',
    KAFKA_CLIENT_USERS: 'user1',
    KAFKA_CLIENT_PASSWORDS: 'password1',
    ...changes,
  });

  before(async () => {
    files = await secureFiles();
    const ports = [await freePort(), await freePort(), await freePort()];
    program = startProgram(process.execPath, [BIN, 'start', '--memory'], { env: environment(ports) });
    await untilAnswers(ports[0] ?? 0, program);
    [inside, outside] = [`127.0.0.1:${ports[0]}`, `127.0.0.1:${ports[2]}`];
  });
  after(async () => {
    await program?.stop();
    files?.[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const librdkafka = (changes: Readonly<Record<string, string>> = {}): string[] =>
    Object.entries({
      'security.protocol': 'SASL_SSL',
      'ssl.ca.location': files.at('ca.crt'),
      'sasl.mechanisms': 'PLAIN',
      'sasl.username': 'user1',
      'sasl.password': 'password1',
      ...changes,
    }).flatMap(([key, value]) => ['-X', `${key}=${value}`]);
  const ours = (changes: Partial<KafkaOptions> = {}): KafkaOptions => ({
    brokers: outside,
    tls: { truststore: { path: files.at('truststore.p12'), password: files.password } },
    sasl: { mechanism: 'plain', username: 'user1', password: 'password1' },
    retryTimeoutMs: 20_000,
    ...changes,
  });
  async function topicsSeenBy(options: KafkaOptions): Promise<string[]> {
    const admin = new Kafka(options).admin();
    try {
      return (await admin.listTopics()).map(({ name }) => name);
    } finally {
      await admin.close();
    }
  }

  test('our client logs in over TLS; inside, nobody is asked', async () => {
    await using producer = new Kafka(ours()).producer();
    await producer.send({ topic: 'ours', value: 'x' });
    assert.ok((await topicsSeenBy({ brokers: inside })).includes('ours'));
  });

  test('librdkafka logs in over TLS; inside, nobody is asked', { skip: kcat.skip }, async () => {
    await kcat.get()(outside, ['-P', '-t', 'kcat', ...librdkafka()], { stdin: 'by kcat\n' });
    const { stdout } = await kcat.get()(inside, ['-C', '-t', 'kcat', '-o', 'beginning', '-e', '-q']);
    assert.equal(stdout, 'by kcat\n');
  });

  for (const login of ['sarama-login', 'franz-login']) {
    test(`${login.split('-')[0]} logs in over TLS`, { skip: go.skip }, async () => {
      await new Kafka({ brokers: inside }).admin().createTopic({ name: login, partitions: 1 });
      const args = [
        '-brokers',
        outside,
        '-topic',
        login,
        '-ca',
        files.at('ca.crt'),
        '-user',
        'user1',
        '-password',
        'password1',
      ];
      const { stdout } = await runProgram(go.get().pathOf(login), args);
      assert.match(stdout, /"event":"read"/);
    });
  }

  test("Java's tools log in over TLS, with either kind of truststore", { skip: java.skip }, async () => {
    for (const [type, name] of [
      ['JKS', 'truststore.jks'],
      ['PKCS12', 'truststore.p12'],
    ]) {
      const properties = join(folder, `${type}.properties`);
      writeFileSync(
        properties,
        [
          'security.protocol=SASL_SSL',
          'sasl.mechanism=PLAIN',
          'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="user1" password="password1";',
          `ssl.truststore.type=${type}`,
          `ssl.truststore.location=${files.at(name ?? '')}`,
          `ssl.truststore.password=${files.password}`,
        ].join('\n'),
      );
      const args = [
        '--bootstrap-server',
        outside,
        '--command-config',
        properties,
        '--create',
        '--topic',
        `java-${type}`,
      ];
      const { stdout } = await java.get().run('org.apache.kafka.tools.TopicCommand', args);
      assert.match(stdout, /Created topic/);
    }
  });

  suite('what does not fit is said to the client, and once a connection in the log', () => {
    const lineOf = (pattern: RegExp): Promise<string> => program.line(pattern);

    test('a wrong password', { skip: kcat.skip }, async () => {
      const sasl = { mechanism: 'plain', username: 'user1', password: 'guess' } as const;
      await assert.rejects(topicsSeenBy(ours({ sasl })), {
        code: 'SASL_AUTHENTICATION_FAILED',
        message: /refuses the login by PLAIN/,
      });
      await lineOf(/The login of 127\.0\.0\.1:\d+ failed: no user "user1" with that password/);
      const { stderr } = await kcat.get()(
        outside,
        ['-L', '-m', '2', ...librdkafka({ 'sasl.password': 'guess' })],
        { mayFail: true },
      );
      assert.match(stderr, /Authentication failed/);
      assert.doesNotMatch(program.printed.stderr, /guess|password1/);
    });

    test('an authority that the client does not know', { skip: kcat.skip }, async () => {
      await assert.rejects(topicsSeenBy(ours({ tls: true })), {
        code: 'SSL_AUTHENTICATION_FAILED',
        message: /signed by a CA that is not trusted here; give .*tls\.ca/,
      });
      const stranger = join(folder, 'stranger.crt');
      const other = await issueAuthority({ name: 'CN=other', days: 2, keyKind: 'ec-p256', now: Date.now() });
      writeFileSync(stranger, other.certificate);
      const args = ['-L', '-m', '2', ...librdkafka({ 'ssl.ca.location': stranger })];
      const { stderr } = await kcat.get()(outside, args, { mayFail: true });
      assert.match(stderr, /certificate verify failed/);
      await lineOf(/does not trust this broker's certificate/);
    });

    test('plaintext to the TLS port', { skip: kcat.skip }, async () => {
      await assert.rejects(topicsSeenBy({ brokers: outside }), {
        code: 'SSL_AUTHENTICATION_FAILED',
        message: /speaks TLS, and this client does not: set the option `tls`/,
      });
      const { stderr } = await kcat.get()(outside, ['-L', '-m', '2'], { mayFail: true });
      assert.match(stderr, /Disconnected|Broker transport failure/);
      await lineOf(/No TLS with 127\.0\.0\.1:\d+: the client does not speak TLS/);
    });

    test('TLS to the plaintext port', { skip: kcat.skip }, async () => {
      await assert.rejects(topicsSeenBy(ours({ brokers: inside })), {
        code: 'SSL_AUTHENTICATION_FAILED',
        message: /does not speak TLS, and this client does: leave the option `tls` out/,
      });
      const { stderr } = await kcat.get()(inside, ['-L', '-m', '2', ...librdkafka()], { mayFail: true });
      assert.match(stderr, /SSL handshake failed/);
      await lineOf(/from 127\.0\.0\.1:\d+ is closed: The client speaks TLS, but this listener does not/);
    });

    test('no login where one is asked for', async () => {
      const { tls } = ours();
      await assert.rejects(topicsSeenBy({ brokers: outside, ...(tls === undefined ? {} : { tls }) }), {
        code: 'SASL_AUTHENTICATION_FAILED',
        message: /asks for a login by PLAIN, and this client has none/,
      });
      await lineOf(/before it had logged in; this listener asks for SASL/);
    });

    for (const [what, fault, message] of [
      [
        'an expired certificate',
        { ips: ['127.0.0.1'], agoDays: 20 },
        /certificate has expired; the broker needs a new one/,
      ],
      [
        'a certificate for other addresses',
        { ips: ['10.3.0.2'], agoDays: 0 },
        /certificate is for other addresses \(IP Address:10\.3\.0\.2\), not for IP Address:127\.0\.0\.1/,
      ],
    ] as const) {
      test(what, async () => {
        const now = Date.now();
        const authority = await issueAuthority({
          name: 'CN=ca',
          days: 900,
          keyKind: 'ec-p256',
          now: now - 100 * DAY_MS,
        });
        const leaf = { name: 'CN=b', days: 10, keyKind: 'ec-p256', authority, dns: [] } as const;
        const broker = await issueBroker({ ...leaf, ips: fault.ips, now: now - fault.agoDays * DAY_MS });
        const pem = join(folder, 'faulty.pem');
        writeFileSync(pem, broker.key + broker.certificate);
        const ports = [await freePort(), await freePort(), await freePort()];
        const changes = { KAFKA_CFG_SSL_KEYSTORE_LOCATION: pem, KAFKA_CFG_SSL_KEYSTORE_TYPE: 'PEM' };
        await using other = startProgram(process.execPath, [BIN, 'start', '--memory'], {
          env: environment(ports, changes),
        });
        await untilAnswers(ports[0] ?? 0, other);
        const options = ours({ brokers: `127.0.0.1:${ports[2]}`, tls: { ca: authority.certificate } });
        await assert.rejects(topicsSeenBy(options), { code: 'SSL_AUTHENTICATION_FAILED', message });
        await other.line(/No TLS with /);
      });
    }
  });
});
