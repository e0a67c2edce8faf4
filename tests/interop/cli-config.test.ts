// `klamm config` as a person types it, on a real Apache Kafka and on Klamm.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { type Outcome, runProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const java = await usePeer(getJava);
const brokers: [string, string | false, () => Promise<Broker>][] = [
  ['Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get())],
  ['Klamm', false, () => startKlamm()],
];

for (const [name, skip, start] of brokers) {
  suite(`klamm config on ${name}`, { skip, timeout: 120_000 }, () => {
    let broker: Broker;
    let folder: string;
    before(async () => {
      broker = await start();
      folder = mkdtempSync(join(tmpdir(), 'klamm-cli-config-'));
    });
    after(async () => {
      rmSync(folder, { recursive: true, force: true });
      await broker?.[Symbol.asyncDispose]();
    });

    const klamm = (...args: string[]): Promise<Outcome> =>
      runProgram(process.execPath, [BIN, ...args, '-b', broker.bootstrap], {
        mayFail: true,
        env: { NO_COLOR: '1' },
      });
    async function settings(...whose: string[]): Promise<Record<string, string>> {
      const { code, stdout, stderr } = await klamm('config', 'show', ...whose, '-o', 'json');
      assert.equal(code, 0, stderr);
      const rows: { setting: string; value: string; source: string }[] = JSON.parse(stdout);
      return Object.fromEntries(rows.map(({ setting, value, source }) => [setting, `${value} ${source}`]));
    }

    test('what all brokers share is set, holds for each, and goes again', async () => {
      const set = await klamm('config', 'set', '--brokers', 'message.max.bytes=2097152');
      assert.equal(set.code, 0, set.stderr);
      assert.equal(set.stderr.trim(), 'all brokers: message.max.bytes=2097152');
      assert.equal((await settings('--brokers'))['message.max.bytes'], '2097152 dynamicDefaultBroker');
      assert.equal((await settings('--broker', '1'))['message.max.bytes'], '2097152 dynamicDefaultBroker');
      assert.equal((await klamm('config', 'unset', '--brokers', 'message.max.bytes', '--yes')).code, 0);
      assert.equal((await settings('--broker', '1'))['message.max.bytes'], undefined);
      const all = await settings('--broker', '1', '--all');
      assert.equal(all['message.max.bytes'], '1048588 default');
    });

    test("a group's and a topic's are its own", async () => {
      assert.equal(
        (await klamm('config', 'set', '--group', 'g', 'consumer.session.timeout.ms=50000')).code,
        0,
      );
      assert.deepEqual(await settings('--group', 'g'), { 'consumer.session.timeout.ms': '50000 group' });
      assert.deepEqual(await settings('--group', 'another'), {});
      assert.equal((await klamm('topic', 'create', 'orders')).code, 0);
      assert.equal((await klamm('config', 'set', '--topic', 'orders', 'retention.ms=5')).code, 0);
      assert.deepEqual(await settings('--topic', 'orders'), { 'retention.ms': '5 topic' });
    });

    test('a value from a file is not told, where it is a secret', async () => {
      const file = join(folder, 'password');
      writeFileSync(file, 'hard-to-guess\n');
      const dry = await klamm(
        'config',
        'set',
        '--broker',
        '1',
        `listener.name.plaintext.ssl.key.password=@${file}`,
        '--dry-run',
      );
      assert.doesNotMatch(dry.stdout + dry.stderr, /hard-to-guess/);
      assert.match(dry.stderr, /plaintext\.ssl\.key\.password=\(hidden\) is possible/);
    });

    test('what cannot be is refused, with what was meant', async () => {
      const misspelt = await klamm('config', 'set', '--brokers', 'message.max.byte=5');
      assert.equal(misspelt.code, 2);
      assert.match(misspelt.stderr, /Did you mean message\.max\.bytes\?/);
      const nobody = await klamm('config', 'show', '--broker', '7');
      assert.match(nobody.stderr, /There is no broker 7; there is 1\./);
      const whose = await klamm('config', 'show');
      assert.match(whose.stderr, /Give one of --broker, --brokers, --topic, --group and --client-metrics/);
      const wrong = await klamm('config', 'set', '--topic', 'orders', 'retention.ms=long');
      assert.equal(wrong.code, 1);
      assert.match(wrong.stderr, /The settings of the topic "orders" were not changed: .*retention\.ms/);
      assert.deepEqual(await settings('--topic', 'orders'), { 'retention.ms': '5 topic' });
    });
  });
}
