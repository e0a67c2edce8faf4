// `klamm mirror` moves a cluster that is written to, from Klamm to Apache Kafka and back, while the mirror and both brokers
// are killed (SIGKILL) again and again: in the end both hold the same, offset for offset, for readers of committed records
// and for readers of all, and groups go on where they were.
//
// What was aborted on the source is not on the target, where its offsets are held by markers: see docs/mirror.md.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import { Kafka } from '@klamm/client/client';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker, BrokerOptions } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { freePort } from '../peers/ports.ts';
import { type RunningProgram, runProgram, startProgram } from '../peers/program.ts';

const ARCHIVE = fileURLToPath(new URL('apache-kafka-4.3.1.tar.gz', import.meta.url));
const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
/** What is in the directory grows old. */
const SETTINGS = {
  'offsets.retention.minutes': '20000000',
  'transactional.id.expiration.ms': '2147483647',
  'log.retention.check.interval.ms': '1000000000',
};
/** Far longer than it takes. */
const UNTIL_MS = 100_000;
/** Between two writes of the load, which is to be there all the time, not to be large. */
const PACE_MS = 25;
const BULK = { topic: 'bulk', partitions: 3, records: 40_000, bytes: 400 };

type Start = (options: BrokerOptions) => Promise<Broker>;

const java = await usePeer(getJava);
const startKafka: Start = (options) => startApacheKafka(java.get(), options);

/** A broker that is killed and started again on its directory and port. */
class Mortal implements AsyncDisposable {
  readonly #start: Start;
  readonly #options: BrokerOptions;
  #broker: Broker | undefined;
  readonly #dead: Broker[] = [];
  #directory: string | undefined;

  constructor(start: Start, options: BrokerOptions) {
    this.#start = start;
    this.#options = options;
    this.#directory = options.dataDirectory;
  }

  async start(): Promise<this> {
    const directory = this.#directory === undefined ? {} : { dataDirectory: this.#directory };
    this.#broker = await this.#start({ ...this.#options, ...directory });
    this.#directory = this.#broker.dataDirectory;
    return this;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.#options.port}`;
  }

  async kill(): Promise<void> {
    const broker = this.#broker;
    if (broker?.pid === undefined) return;
    process.kill(broker.pid, 'SIGKILL');
    await broker.stop().catch(() => {});
    this.#dead.push(broker);
    this.#broker = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    // Each complains that it did not end by itself.
    await Promise.allSettled(this.#dead.map((broker) => broker[Symbol.asyncDispose]()));
  }
}

/** Writes to the source until it is told to stop: plainly, and in transactions of which every third is aborted. */
class Load {
  readonly #kafka: Kafka;
  readonly #done: Promise<unknown>;
  #isOver = false;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
    this.#done = Promise.all([this.#plain(), this.#transactions('left'), this.#transactions('right')]);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #plain(): Promise<void> {
    await using producer = this.#kafka.producer({ compression: 'lz4' });
    for (let i = 0; !this.#isOver; i++) {
      const messages = Array.from({ length: 20 }, (_, n) => ({
        topic: n % 4 === 0 ? 'mixed' : 'live',
        key: `k${i}-${n}`,
        value: `plain ${i} ${n}`,
        headers: { round: String(i) },
      }));
      await producer.sendBatch(messages);
      await sleep(systemClock, PACE_MS);
    }
  }

  async #transactions(transactionalId: string): Promise<void> {
    for (let i = 0; !this.#isOver; ) {
      const producer = this.#kafka.producer({ transactionalId, transactionTimeoutMs: 20_000 });
      try {
        for (; !this.#isOver; i++) {
          const transaction = await producer.begin();
          for (let n = 0; n < 5; n++)
            await transaction.send({ topic: 'mixed', value: `${transactionalId} ${i} ${n}` });
          if (i % 3 === 0) await transaction.abort();
          else await transaction.commit();
          await sleep(systemClock, PACE_MS);
        }
      } catch (cause) {
        // A broker died in the middle of it: another producer goes on.
        if (!(cause instanceof KlammError)) throw cause;
      } finally {
        await producer.close().catch(() => {});
      }
    }
  }
}

interface Content {
  readonly count: number;
  readonly sha: string;
}

/** All records of a topic as readers see them, in order. */
async function contentOf(kafka: Kafka, topic: string, readCommitted: boolean): Promise<Content> {
  const byPartition = new Map<number, ReturnType<typeof createHash>>();
  let count = 0;
  for await (const { partition, offset, timestamp, key, value, headers } of kafka.consume({
    topic,
    from: 'earliest',
    toEnd: true,
    readCommitted,
  })) {
    count++;
    const hash = byPartition.get(partition) ?? createHash('sha256');
    byPartition.set(partition, hash);
    const parts = [key, value].map((bytes) => (bytes === null ? '-' : bytes.toString('hex')));
    hash.update(JSON.stringify([offset, timestamp, ...parts, headers]));
  }
  const all = [...byPartition].sort(([a], [b]) => a - b).map(([, hash]) => hash.digest('hex'));
  return { count, sha: all.join() };
}

const endsOf = async (admin: Admin, topic: string): Promise<unknown> => [
  [...(await admin.listOffsets(topic, 'earliest'))],
  [...(await admin.listOffsets(topic, 'latest'))],
];

/** Until `topic` has so many offsets on the target; it may not be there, nor the broker. */
async function untilCopied(kafka: Kafka, topic: string, offsets: number): Promise<void> {
  const deadline = systemClock.monotonic() + UNTIL_MS;
  for (;;) {
    await using admin = kafka.admin();
    const ends = await admin.listOffsets(topic, 'latest').catch(() => new Map<number, number>());
    const all = [...ends.values()].reduce((sum, end) => sum + end, 0);
    if (all >= offsets) return;
    assert.ok(
      systemClock.monotonic() < deadline,
      `${topic} has ${all} of ${offsets} offsets after ${UNTIL_MS} ms`,
    );
    await sleep(systemClock, 100);
  }
}

async function fillBulk(kafka: Kafka): Promise<void> {
  await using producer = kafka.producer({ batchBytes: 16_384 });
  const value = 'v'.repeat(BULK.bytes);
  for (let at = 0; at < BULK.records; at += 1000) {
    await producer.sendBatch(
      Array.from({ length: 1000 }, (_, n) => ({
        topic: BULK.topic,
        key: String(at + n),
        value: `${at + n} ${value}`,
      })),
    );
  }
}

async function moves(startSource: Start, startTarget: Start): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-mirror-'));
  try {
    await runProgram('tar', ['xzf', ARCHIVE, '-C', folder]);
    const dataDirectory = join(folder, 'data-dir');
    await using source = new Mortal(startSource, {
      dataDirectory,
      port: await freePort(),
      settings: SETTINGS,
    });
    await using target = new Mortal(startTarget, { port: await freePort(), settings: SETTINGS });
    await Promise.all([source.start(), target.start()]);
    const [from, to] = [source, target].map(({ bootstrap }) => new Kafka({ brokers: bootstrap })) as [
      Kafka,
      Kafka,
    ];
    await using admins = new AsyncDisposableStack();
    const [sourceAdmin, targetAdmin] = [admins.use(from.admin()), admins.use(to.admin())];
    await sourceAdmin.createTopics([
      { name: BULK.topic, partitions: BULK.partitions, configs: { 'message.timestamp.type': 'CreateTime' } },
      { name: 'live', partitions: 2, configs: { 'retention.ms': 86_400_000 } },
      { name: 'mixed', partitions: 1 },
    ]);
    await fillBulk(from);
    const load = new Load(from);
    const clusters = ['--from', source.bootstrap, '--to', target.bootstrap];
    const mirror = (...args: string[]): string[] => [BIN, 'mirror', ...args, ...clusters];
    const start = (): RunningProgram =>
      startProgram(process.execPath, mirror('start', '--rate', '3MB/s'), { timeoutMs: 230_000 });

    let running = start();
    await untilCopied(to, BULK.topic, BULK.records / 5);
    await running.stop('SIGKILL');
    running = start();
    await untilCopied(to, BULK.topic, (BULK.records * 2) / 5);
    await target.kill();
    await target.start();
    await untilCopied(to, BULK.topic, (BULK.records * 3) / 5);
    await source.kill();
    await source.start();
    await untilCopied(to, BULK.topic, (BULK.records * 4) / 5);
    await Promise.all([running.stop('SIGKILL'), target.kill()]);
    await target.start();
    running = start();
    await untilCopied(to, BULK.topic, BULK.records);
    await load.stop();
    await sourceAdmin.setGroupOffsets('watchers', [
      { topic: BULK.topic, partition: 1, offset: 77, metadata: 'here' },
      { topic: 'mixed', partition: 0, offset: 9 },
    ]);

    const cutover = await runProgram(process.execPath, mirror('cutover', '--settle', '1s', '-o', 'json'), {
      mayFail: true,
      timeoutMs: 90_000,
    });
    assert.equal(cutover.code, 0, `${cutover.stdout}\n${cutover.stderr}\n${running.printed.stderr}`);
    const ended = await running.ended;
    assert.equal(ended.code, 0, ended.stderr);

    const topics = (await sourceAdmin.listTopics()).map(({ name }) => name);
    assert.deepEqual(topics, ['bulk', 'compacted', 'ledger', 'live', 'mixed', 'plain', 'short']);
    for (const topic of topics) {
      const expected = await contentOf(from, topic, true);
      assert.deepEqual(await contentOf(to, topic, true), expected, `committed records of ${topic}`);
      assert.deepEqual(await contentOf(to, topic, false), expected, `all records of ${topic}`);
      assert.deepEqual(
        await endsOf(targetAdmin, topic),
        await endsOf(sourceAdmin, topic),
        `ends of ${topic}`,
      );
    }
    const groups = (await sourceAdmin.listGroups()).map(({ groupId }) => groupId);
    assert.ok(groups.includes('watchers') && groups.includes('team-txn'), String(groups));
    for (const group of groups)
      assert.deepEqual(await targetAdmin.groupOffsets(group), await sourceAdmin.groupOffsets(group), group);
    const configs = await targetAdmin.describeConfigs({ topic: 'live' });
    const own = configs.filter(({ source: of }) => of === 'topic').map(({ name, value }) => [name, value]);
    assert.deepEqual(own, [['retention.ms', '86400000']]);
    assert.deepEqual(await targetAdmin.describeQuotas(), await sourceAdmin.describeQuotas());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test(
  'a cluster of Klamm moves to Apache Kafka while it is written to, through kills of everything',
  {
    skip: java.skip,
    timeout: 240_000,
  },
  () => moves(startKlamm, startKafka),
);

test('a cluster of Apache Kafka moves to Klamm in the same way', { skip: java.skip, timeout: 240_000 }, () =>
  moves(startKafka, startKlamm),
);
