// `klamm doctor` as a person types it: on the two compose files of a tutorial, with all their faults and no others; on
// variables; and on a cluster that runs.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { freePort } from '../peers/ports.ts';
import { type Outcome, runProgram, startProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const FILES = fileURLToPath(new URL('../doctor', import.meta.url));
const java = await usePeer(getJava);

interface Told {
  readonly level: string;
  readonly code: string;
  readonly nodes: string[];
  readonly places: string[];
  readonly what: string;
  readonly instead: string | null;
}

let folder: string;

const doctor = (args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> =>
  runProgram(process.execPath, [BIN, 'doctor', ...args], {
    mayFail: true,
    env: { NO_COLOR: '1', ...env },
    cwd: folder,
  });

async function findings(
  args: readonly string[],
  code: number,
  env: Record<string, string> = {},
): Promise<Told[]> {
  const outcome = await doctor([...args, '-o', 'json'], env);
  assert.equal(outcome.code, code, outcome.stderr + outcome.stdout);
  return JSON.parse(outcome.stdout);
}

suite('klamm doctor', { timeout: 120_000 }, () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'klamm-doctor-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Level, code, and the lines of the file that it points at. */
  const short = (told: readonly Told[]) =>
    told.map(({ level, code, places }) =>
      [level, code, ...places.map((place) => Number(/:(\d+)/.exec(place)?.[1]))].join(' '),
    );

  test('the broker with TLS of the tutorial: every fault it has, and none it has not', async () => {
    const told = await findings([join(FILES, 'secured.yml')], 1);
    assert.deepEqual(short(told), [
      'error image-moved 4',
      'error inter-broker-login 14',
      'warning listener-name 24',
      'warning data-without-volume 3',
      'note listener-open-inside 24',
    ]);
    assert.match(told[1]?.instead ?? '', /^KAFKA_CFG_INTER_BROKER_LISTENER_NAME=INTERNAL;/);
    assert.doesNotMatch(JSON.stringify(told), /yourpassword|password1/);
  });

  test('the cluster of two of the tutorial: every fault it has, and none it has not', async () => {
    const told = await findings([join(FILES, 'cluster.yml')], 1);
    assert.deepEqual(short(told), [
      'error image-moved 5 25',
      'error two-voters 13 33',
      'warning cluster-id 10 30',
      'warning listener-open 18',
      'warning controller-open 21',
      'warning listener-open 38',
      'warning controller-open 41',
      'warning one-replica 4 24',
      'warning data-without-volume 4 24',
      'note listener-open-inside 18 38',
    ]);
  });

  test('mended as it says, they have no error', async () => {
    const secured = readFileSync(join(FILES, 'secured.yml'), 'utf8')
      .replace('bitnami/kafka:3.9.0', 'bitnamilegacy/kafka:3.9.0')
      .replace('INTER_BROKER_LISTENER_NAME=SSL', 'INTER_BROKER_LISTENER_NAME=INTERNAL');
    writeFileSync(join(folder, 'compose.yml'), secured);
    const told = await findings([], 0);
    assert.deepEqual(
      told.map(({ code }) => code),
      ['image-moved', 'listener-name', 'data-without-volume', 'listener-open-inside'],
    );
  });

  test('people read it as text, with what could not be looked into', async () => {
    const { code, stdout, stderr } = await doctor([join(FILES, 'secured.yml')]);
    assert.equal(code, 1);
    assert.match(stdout, /^error image-moved: .*\n {2}at .*secured\.yml:4\n {2}Instead: apache\/kafka/);
    assert.match(stderr, /Not looked into: .*kafka\.keystore\.jks/);
    assert.match(stderr, /2 errors, 2 warnings, 1 note\.\n$/);
  });

  test('variables of the shell, and usage that makes no sense', async () => {
    const env = { KAFKA_LISTENERS: 'A://127.0.0.1:9092', KAFKA_NUM_PARTITIONS: 'many' };
    const told = await findings(['--environment'], 1, env);
    assert.deepEqual(told.map(({ code }) => code).sort(), ['listener-protocol', 'setting-value']);
    assert.equal((await doctor(['none.properties'])).code, 2);
    writeFileSync(join(folder, 'web.yml'), 'services:\n  web:\n    image: nginx\n');
    assert.match((await doctor(['web.yml'])).stderr, /no service with settings of Kafka/);
    writeFileSync(join(folder, 'broken.yml'), 'services: [\n');
    assert.equal((await doctor(['broken.yml'])).code, 2);
  });

  test('a Klamm that runs, and one whose advertised address nobody reaches', async () => {
    {
      await using broker = await startKlamm();
      assert.deepEqual(await findings(['--live', '-b', broker.bootstrap], 0), []);
    }
    await using lost = await startKlamm({ settings: { 'advertised.listeners': 'PLAINTEXT://127.0.0.1:1' } });
    const told = await findings(['--live', '-b', lost.bootstrap, '--timeout', '2s'], 1);
    assert.deepEqual(
      told.map(({ code }) => code),
      ['advertised-unreachable'],
    );
    assert.match(told[0]?.what ?? '', /tells clients that broker \d+ is at 127\.0\.0\.1:1/);
    const nobody = await findings(['--live', '-b', '127.0.0.1:1', '--timeout', '1s'], 1);
    assert.deepEqual(
      nobody.map(({ code }) => code),
      ['not-reached'],
    );
  });

  test('the certificate of one that runs: near its end, and for another name', async () => {
    const klamm = async (...args: string[]): Promise<void> => {
      const { code, stderr } = await runProgram(process.execPath, [BIN, 'certs', ...args], {
        mayFail: true,
        cwd: folder,
      });
      assert.equal(code, 0, stderr);
    };
    writeFileSync(join(folder, 'secret'), 'secret1\n');
    await klamm('ca');
    await klamm('broker', 'soon', '--address', '127.0.0.1', '--days', '5', '--password-file', 'secret');
    await klamm('broker', 'other', '--address', 'kafka.example', '--password-file', 'secret');
    const port = await freePort();
    for (const [name, code, expected] of [
      ['soon', 0, ['certificate-expires-soon']],
      ['other', 1, ['certificate-name', 'not-reached']],
    ] as const) {
      const settings = [
        `listeners=EXTERNAL://127.0.0.1:${port}`,
        'listener.security.protocol.map=EXTERNAL:SSL',
        `ssl.keystore.location=certs/${name}.p12`,
        'ssl.keystore.password=secret1',
      ];
      writeFileSync(join(folder, 'tls.properties'), `${settings.join('\n')}\n`);
      const args = [BIN, 'start', '--memory', '-c', 'tls.properties'];
      await using broker = startProgram(process.execPath, args, { cwd: folder });
      await broker.line(/Ctrl-C closes it/);
      const tls = ['-X', 'security.protocol=SSL', '-X', 'ssl.ca.location=certs/ca.crt'];
      const told = await findings(['--live', '-b', `127.0.0.1:${port}`, ...tls, '--timeout', '2s'], code);
      assert.deepEqual(
        told.map((one) => one.code),
        expected,
      );
    }
  });

  test('an Apache Kafka that runs', { skip: java.skip }, async () => {
    await using broker = await startApacheKafka(java.get(), {
      settings: { 'offsets.topic.replication.factor': '3' },
    });
    const told = await findings(['--live', '-b', broker.bootstrap], 1);
    assert.deepEqual(
      told.map(({ code }) => code),
      ['replication-factor'],
    );
  });
});
