// Apache Kafka's DumpLogSegments reads every file that the broker wrote, without a complaint: segments in every
// compression, rolled ones, indexes, producer snapshots, and the metadata log.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { getKcat, type Kcat } from '../peers/kcat.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { kafkaJs, newTopic } from '../peers/topics.ts';
import { LogDumper } from './log-dumper.ts';

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const kcat = await usePeer(getKcat);
const java = await usePeer(getJava);

/** What is written before the broker stops: topic names, and the records each must show. */
interface Written {
  readonly codecs: ReadonlyMap<string, string>;
  readonly rolled: string;
  readonly appendTime: string;
  readonly trimmed: string;
  readonly deleted: string;
}

const RECORDS = 300;
const ROLLED_RECORDS = 3_500;
const numbered = (count: number, text: string): string =>
  Array.from({ length: count }, (_, i) => `key-${i % 10}:${text} ${i}\n`).join('');

async function write(run: Kcat, bootstrap: string): Promise<Written> {
  const produce = async (topic: string, stdin: string, ...args: string[]): Promise<void> => {
    await run(bootstrap, ['-P', '-t', topic, '-K', ':', ...args], { stdin });
  };
  const codecs = new Map<string, string>();
  for (const codec of CODECS) {
    const topic = await newTopic(bootstrap, `dump-${codec}`);
    codecs.set(codec, topic);
    const options = ['-z', codec, '-H', 'trace=abc', '-X', 'linger.ms=20', '-X', 'batch.num.messages=50'];
    await produce(topic, numbered(RECORDS - 1, 'a value of some length, to be compressed'), ...options);
    await produce(topic, 'gone:\n', '-Z');
  }
  const rolled = await newTopic(bootstrap, 'dump-rolled', { config: { 'segment.bytes': '1048576' } });
  const idempotent = ['-X', 'enable.idempotence=true', '-X', 'batch.size=16384', '-X', 'linger.ms=5'];
  await produce(rolled, numbered(ROLLED_RECORDS, 'x'.repeat(1_000)), ...idempotent);

  const config = { 'message.timestamp.type': 'LogAppendTime', 'compression.type': 'gzip' };
  const appendTime = await newTopic(bootstrap, 'dump-append-time', { config });
  await produce(appendTime, numbered(RECORDS, 'stamped by the broker'));
  const trimmed = await newTopic(bootstrap, 'dump-trimmed');
  await produce(trimmed, numbered(RECORDS, 'some will be deleted'));
  const deleted = await newTopic(bootstrap, 'dump-deleted');
  await produce(deleted, numbered(10, 'all will be deleted'));

  const admin = kafkaJs(bootstrap).admin();
  await admin.connect();
  try {
    // KafkaJS deletes records only in topics whose leaders it has looked up.
    await admin.fetchTopicOffsets(trimmed);
    await admin.deleteTopicRecords({ topic: trimmed, partitions: [{ partition: 0, offset: '100' }] });
    await admin.deleteTopics({ topics: [deleted] });
    await admin.createPartitions({ topicPartitions: [{ topic: trimmed, count: 3 }] });
    const configEntries = [{ name: 'retention.ms', value: '-1' }];
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: trimmed, configEntries }] });
  } finally {
    await admin.disconnect();
  }
  return { codecs, rolled, appendTime, trimmed, deleted };
}

suite('DumpLogSegments', { skip: kcat.skip || java.skip }, () => {
  let broker: Broker;
  let dumper: LogDumper;
  let written: Written;
  before(async () => {
    kcat.get();
    java.get();
    broker = await startKlamm();
    written = await write(kcat.get(), broker.bootstrap);
    await broker.stop();
    assert.ok(broker.dataDirectory, 'this test needs the data directory of the broker');
    dumper = new LogDumper(java.get(), broker.dataDirectory);
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  const PARTITIONS = /^(?!__).*-\d+$/;

  test('reads every batch and record of every segment', async () => {
    const dumped = await dumper.dump(
      dumper.files(/\.log$/, PARTITIONS),
      '--deep-iteration',
      '--print-data-log',
    );
    const linesOf = (topic: string): string[] =>
      [...dumped].filter(([path]) => path.includes(`/${topic}-0/`)).flatMap(([, lines]) => lines);
    const recordsOf = (topic: string): string[] => linesOf(topic).filter((line) => line.startsWith('|'));
    const offsetsOf = (topic: string): number[] =>
      recordsOf(topic).map((line) => Number(/offset: (\d+)/.exec(line)?.[1]));
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

    for (const [codec, topic] of written.codecs) {
      assert.deepEqual(offsetsOf(topic), upTo(RECORDS), codec);
      assert.ok(
        linesOf(topic).some((line) => line.includes(`compresscodec: ${codec} `)),
        codec,
      );
      assert.match(recordsOf(topic)[7] ?? '', /headerKeys: \[trace\] key: key-7 payload: a value .* 7$/);
      assert.match(recordsOf(topic).at(-1) ?? '', /key: gone( payload: null)?$/);
    }
    assert.deepEqual(offsetsOf(written.rolled), upTo(ROLLED_RECORDS));
    assert.match(
      linesOf(written.rolled).find((line) => line.startsWith('baseOffset')) ?? '',
      /producerId: \d+ producerEpoch: 0/,
    );
    assert.deepEqual(offsetsOf(written.appendTime), upTo(RECORDS));
    const [appended] = linesOf(written.appendTime).filter((line) => line.startsWith('baseOffset'));
    assert.match(appended ?? '', /compresscodec: gzip /);
    assert.match(recordsOf(written.appendTime)[0] ?? '', /LogAppendTime: \d{13}/);
    assert.deepEqual(linesOf(written.deleted), []);
  });

  test('a topic with segment.bytes of 1 MiB is rolled into segments named by their first offset', async () => {
    const segments = dumper.files(/\.log$/, new RegExp(`^${written.rolled}-0$`));
    assert.ok(segments.length >= 4, `3.5 MB are in ${segments.length} segments`);
    const dumped = await dumper.dump(segments, '--deep-iteration');
    for (const [path, lines] of dumped) {
      const first = lines
        .map((line) => /^baseOffset: (\d+)/.exec(line)?.[1])
        .find((offset) => offset !== undefined);
      assert.equal(Number(first), Number(/(\d{20})\.log$/.exec(path)?.[1]));
    }
  });

  test('finds every entry of the offset and time indexes in their segments', async () => {
    const indexes = dumper.files(/\.(index|timeindex)$/, PARTITIONS);
    const dumped = await dumper.dump(indexes);
    const entries = [...dumped]
      .filter(([path]) => path.includes(`/${written.rolled}-0/`))
      .flatMap(([, lines]) => lines);
    // One for every batch of 16 KiB in 3.5 MB; and of timestamps at least one for every segment that was rolled.
    assert.ok(entries.filter((line) => /^offset: \d+ position: \d+$/.test(line)).length > 100);
    assert.ok(entries.filter((line) => /^timestamp: \d+ offset: \d+$/.test(line)).length >= 3);
    for (const [path, lines] of await dumper.dump(indexes, '--index-sanity-check')) {
      assert.match(lines.join('\n'), /^\S+ (passed sanity check|is empty)\.$/, path);
    }
  });

  test('reads the snapshots of producers', async () => {
    const dumped = await dumper.dump(dumper.files(/\.snapshot$/, PARTITIONS));
    const states = [...dumped].filter(([path]) => path.includes(`/${written.rolled}-0/`));
    assert.ok(states.length > 0);
    const [, last = []] = states.sort().at(-1) ?? [];
    assert.match(last.join('\n'), /producerId: \d+ producerEpoch: 0 .*lastSequence: 3499/);
  });

  test('reads the metadata log, which tells of every topic', async () => {
    const logs = dumper.files(/\.(log|checkpoint)$/, /^__cluster_metadata-0$/);
    const dumped = await dumper.dump(logs, '--cluster-metadata-decoder');
    const text = [...dumped.values()].flat().join('\n');
    for (const topic of [...written.codecs.values(), written.rolled, written.trimmed]) {
      assert.match(text, new RegExp(`"type":"TOPIC_RECORD".*"name":"${topic}"`));
    }
    assert.match(text, /"type":"REMOVE_TOPIC_RECORD"/);
    assert.match(
      text,
      new RegExp(`"type":"CONFIG_RECORD".*"resourceName":"${written.trimmed}".*"retention.ms"`),
    );
    assert.match(text, /"type":"FEATURE_LEVEL_RECORD".*"name":"metadata.version"/);
    // A closed broker is fenced: else the next controller would wait for its session to end before it may come back.
    assert.match(text.match(/"type":"BROKER_REGISTRATION_CHANGE_RECORD".*/g)?.at(-1) ?? '', /"fenced":1\b/);
    const partitions = text.match(/"type":"PARTITION_RECORD"/g) ?? [];
    assert.ok(partitions.length >= 11, `${partitions.length} partitions`);
  });
});
