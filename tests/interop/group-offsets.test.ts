// Committed offsets outlive a change of broker, and Apache Kafka's DumpLogSegments reads the __consumer_offsets that
// Klamm writes: every record of groups in both protocols, by Kafka's own decoder.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Kafka } from '@klamm/client/client';
import type { GroupOptions } from '@klamm/client/group/options';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { runProgram } from '../peers/program.ts';

const ARCHIVE = fileURLToPath(new URL('apache-kafka-4.3.1.tar.gz', import.meta.url));
const settings = {
  'offsets.retention.minutes': '20000000',
  'transactional.id.expiration.ms': '2147483647',
  'log.retention.check.interval.ms': '1000000000',
};
const PARTITIONS = 3;
const PER_PARTITION = 4;

const java = await usePeer(getJava);
const elsewhere =
  process.env.KLAMM_TEST_BOOTSTRAP === undefined ? false : 'it needs the files of Klamm itself';

type Offset = readonly [string, number, number, string];

/** What groups have committed: topic, partition, offset and note. */
async function offsetsOf(
  { bootstrap }: Broker,
  groups: readonly string[],
): Promise<Record<string, readonly Offset[]>> {
  const kafka = new Kafka({ brokers: bootstrap });
  await using admin = kafka.admin();
  const found: Record<string, readonly Offset[]> = {};
  for (const group of groups) {
    const offsets = await admin.groupOffsets(group);
    found[group] = offsets.map(({ topic, partition, offset, metadata }) => [
      topic,
      partition,
      offset,
      metadata,
    ]);
  }
  return found;
}

test("a directory of Apache Kafka keeps its groups' offsets, those committed in transactions too", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-group-offsets-'));
  try {
    await runProgram('tar', ['xzf', ARCHIVE, '-C', folder]);
    await using broker = await startKlamm({ dataDirectory: join(folder, 'data-dir'), settings });
    const read = [
      ['plain', 0, 1400, ''],
      ['plain', 1, 0, ''],
      ['plain', 2, 0, ''],
    ];
    assert.deepEqual(await offsetsOf(broker, ['team-classic', 'team-consumer', 'team-txn']), {
      'team-classic': read,
      'team-consumer': read,
      'team-txn': [['plain', 0, 77, '']],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Reads the topic as a member of a group until every record is marked, and leaves. */
async function readAll(kafka: Kafka, options: GroupOptions, note: string): Promise<void> {
  let left = PARTITIONS * PER_PARTITION;
  for await (const message of kafka.group({ autoOffsetReset: 'earliest', ...options })) {
    message.mark(note);
    if (--left === 0) break;
  }
}

const TOPIC = 'orders';
const GROUPS = ['classic', 'classic-static', 'consumer', 'consumer-pattern', 'reset'];
const ALL_READ = (note: string): Offset[] =>
  Array.from({ length: PARTITIONS }, (_, partition) => [TOPIC, partition, PER_PARTITION, note]);
const EXPECTED = {
  classic: ALL_READ('read by range'),
  'classic-static': ALL_READ(''),
  consumer: ALL_READ('größer'),
  'consumer-pattern': ALL_READ(''),
  reset: [[TOPIC, 1, 2, 'by hand']],
};

/** Has groups of both protocols come, read, commit and go; one is deleted, and an offset of another. */
async function makeGroups({ bootstrap }: Broker): Promise<void> {
  const kafka = new Kafka({ brokers: bootstrap });
  await using admin = kafka.admin();
  await admin.createTopic({ name: TOPIC, partitions: PARTITIONS });
  {
    await using producer = kafka.producer();
    const messages = Array.from({ length: PARTITIONS * PER_PARTITION }, (_, i) => ({
      topic: TOPIC,
      partition: i % PARTITIONS,
      value: `${i}`,
    }));
    await producer.sendBatch(messages);
  }
  const classic = { protocol: 'classic', topics: TOPIC } as const;
  await readAll(kafka, { ...classic, groupId: 'classic', assignors: ['range'] }, 'read by range');
  await readAll(kafka, { ...classic, groupId: 'classic-static', instanceId: 'fixed' }, '');
  await readAll(kafka, { protocol: 'consumer', topics: TOPIC, groupId: 'consumer' }, 'größer');
  await readAll(kafka, { protocol: 'consumer', topics: /ord.*/, groupId: 'consumer-pattern' }, '');
  await readAll(kafka, { protocol: 'consumer', topics: TOPIC, groupId: 'deleted' }, '');
  await admin.deleteGroup('deleted');
  await admin.setGroupOffsets('reset', [
    { topic: TOPIC, partition: 0, offset: 1 },
    { topic: TOPIC, partition: 1, offset: 2, metadata: 'by hand' },
  ]);
  await admin.deleteGroupOffsets('reset', [{ topic: TOPIC, partition: 0 }]);
}

/** A decoded record: its key's type and fields; the value is null where the record removes the key. */
interface Decoded {
  readonly type: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly value: unknown;
}

/** The fields of a decoded value. */
function dataOf(value: unknown): Readonly<Record<string, unknown>> {
  return (value as { data: Record<string, unknown> }).data;
}

/** OffsetCommit, GroupMetadata, and the consumer protocol's group, member, targets, assignment and pattern. */
const RECORD_TYPES = [1, 2, 3, 5, 6, 7, 8, 16];

/** What is left of committed offsets when every record has been applied, by group. */
function committedIn(records: readonly Decoded[]): Record<string, Offset[]> {
  const last = new Map<string, Decoded>();
  for (const record of records) if (record.type === '1') last.set(JSON.stringify(record.key), record);
  const found: Record<string, Offset[]> = {};
  for (const { key, value } of last.values()) {
    if (value === null) continue;
    const { offset, metadata } = dataOf(value);
    const offsets = found[String(key.group)] ?? [];
    found[String(key.group)] = offsets;
    offsets.push([String(key.topic), Number(key.partition), Number(offset), String(metadata)]);
  }
  for (const offsets of Object.values(found)) offsets.sort((a, b) => a[1] - b[1]);
  return found;
}

suite('__consumer_offsets of Klamm', { skip: java.skip || elsewhere }, () => {
  async function dump(folder: string): Promise<Decoded[]> {
    const segments = readdirSync(folder)
      .filter((name) => name.startsWith('__consumer_offsets-'))
      .flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)))
      .filter((file) => file.endsWith('.log'));
    const { stdout, stderr } = await java
      .get()
      .run('org.apache.kafka.tools.DumpLogSegments', ['--offsets-decoder', '--files', segments.join(',')]);
    assert.equal(stderr, '');
    assert.doesNotMatch(stdout, /isvalid: false/);
    const records = stdout.split('\n').filter((line) => line.startsWith('| offset:'));
    return records.map((line) => {
      const [, key, payload] = / key: (\{.*\}) payload: (.*)$/.exec(line) ?? [];
      assert.ok(key !== undefined && payload !== undefined, `not decoded: ${line}`);
      const { type, data } = JSON.parse(key);
      return { type, key: data, value: payload === '<DELETE>' ? null : JSON.parse(payload) };
    });
  }

  test('is decoded by DumpLogSegments, and its offsets are those that Apache Kafka finds in it', async () => {
    await using broker = await startKlamm({ settings });
    await makeGroups(broker);
    assert.deepEqual(await offsetsOf(broker, GROUPS), EXPECTED);
    await broker.stop();
    assert.ok(broker.dataDirectory);

    const records = await dump(broker.dataDirectory);
    assert.deepEqual(
      [...new Set(records.map(({ type }) => Number(type)))].sort((x, y) => x - y),
      RECORD_TYPES,
    );
    assert.deepEqual(committedIn(records), EXPECTED);
    const valuesOf = (type: string, group: string): unknown[] =>
      records.filter(({ type: its, key }) => its === type && key.groupId === group).map(({ value }) => value);
    const firstOf = (type: string, group: string) => dataOf(valuesOf(type, group)[0]);

    const statics = records.filter(({ type, key }) => type === '2' && key.group === 'classic-static');
    const { protocol, members } = dataOf(statics.at(-1)?.value);
    const kept = (members as Record<string, unknown>[]).map(({ groupInstanceId, subscription }) => [
      groupInstanceId,
      (subscription as { topics: unknown }).topics,
    ]);
    assert.deepEqual(
      [protocol, kept],
      ['cooperative-sticky', [['fixed', [TOPIC]]]],
      'a static member stays when it closes',
    );
    assert.deepEqual(
      [firstOf('5', 'consumer').subscribedTopicNames, firstOf('5', 'consumer-pattern').subscribedTopicRegex],
      [[TOPIC], 'ord.*'],
    );
    const [given] = firstOf('8', 'consumer').assignedPartitions as Record<string, unknown>[];
    assert.deepEqual(given?.partitions, [0, 1, 2]);
    for (const type of ['3', '5', '6', '7', '8']) {
      assert.equal(valuesOf(type, 'deleted').at(-1), null, `record ${type} of a deleted group is removed`);
    }

    const options = { dataDirectory: broker.dataDirectory, settings };
    {
      await using apache = await startApacheKafka(java.get(), options);
      assert.deepEqual(await offsetsOf(apache, GROUPS), EXPECTED);
    }
    await using again = await startKlamm(options);
    assert.deepEqual(await offsetsOf(again, GROUPS), EXPECTED);
  });
});
