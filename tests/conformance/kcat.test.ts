// kcat (librdkafka) against the broker: metadata, producing, consuming from every kind of start, and offset queries.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import type { Broker } from '../peers/broker.ts';
import { getKcat, readRecords } from '../peers/kcat.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { startProgram } from '../peers/program.ts';
import { newTopic, topicName } from '../peers/topics.ts';

const peer = await usePeer(getKcat);
const numbered = (count: number, prefix = 'line'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix} ${i}`);

suite('kcat', { skip: peer.skip }, () => {
  let broker: Broker;
  before(async () => {
    peer.get();
    broker = await startKlamm();
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  async function produce(
    topic: string,
    lines: readonly string[],
    args: readonly string[] = [],
  ): Promise<void> {
    await peer.get()(broker.bootstrap, ['-P', '-t', topic, ...args], { stdin: `${lines.join('\n')}\n` });
  }

  async function valuesOf(topic: string, args?: readonly string[]): Promise<(string | null)[]> {
    return (await readRecords(peer.get(), broker.bootstrap, topic, args)).map((record) => record.payload);
  }

  test('-L lists the broker at its advertised address and the partitions of a topic with their leader', async () => {
    const topic = await newTopic(broker.bootstrap, 'kcat-metadata', { partitions: 3 });
    const { stdout } = await peer.get()(broker.bootstrap, ['-L', '-J', '-t', topic]);
    const metadata = JSON.parse(stdout);
    assert.deepEqual(
      metadata.brokers.map((found: { name: string }) => found.name),
      [broker.bootstrap],
    );
    const node = metadata.brokers[0].id;
    const replicas = [{ id: node }];
    assert.deepEqual(metadata.topics, [
      {
        topic,
        partitions: [0, 1, 2].map((partition) => ({ partition, leader: node, replicas, isrs: replicas })),
      },
    ]);
  });

  test('producing to a topic that is not there creates it, and what was produced is read back in order', async () => {
    const topic = topicName('kcat-auto-create');
    const lines = numbered(1_000);
    await produce(topic, lines);
    assert.deepEqual(await valuesOf(topic), lines);
  });

  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    test(`records compressed with ${codec} are read back as they were`, async () => {
      const topic = await newTopic(broker.bootstrap, `kcat-${codec}`);
      const lines = numbered(2_000, `a line that compresses well with ${codec}`);
      await produce(topic, lines, ['-z', codec, '-X', 'linger.ms=50']);
      const records = await readRecords(peer.get(), broker.bootstrap, topic);
      assert.deepEqual(
        records.map((record) => [record.offset, record.payload]),
        lines.map((line, offset) => [offset, line]),
      );
    });
  }

  test('keys, headers, empty values and tombstones arrive as they were sent', async () => {
    const topic = await newTopic(broker.bootstrap, 'kcat-keys', { config: { 'cleanup.policy': 'compact' } });
    const headers = ['-H', 'trace=abc', '-H', 'empty=', '-H', 'trace=again'];
    await produce(topic, ['apple:red', 'pear:green'], ['-K', ':', ...headers]);
    await produce(topic, ['apple:'], ['-K', ':', '-Z']);
    await produce(topic, ['plum:'], ['-K', ':']);
    const records = await readRecords(peer.get(), broker.bootstrap, topic);
    const written = ['trace', 'abc', 'empty', '', 'trace', 'again'];
    assert.deepEqual(
      records.map(({ key, payload, headers }) => [key, payload, headers]),
      [
        ['apple', 'red', written],
        ['pear', 'green', written],
        ['apple', null, undefined],
        ['plum', '', undefined],
      ],
    );
    assert.ok(
      records.every(
        (record) => record.tstype === 'create' && Math.abs(record.ts - systemClock.now()) < 600_000,
      ),
    );
  });

  test('a topic with LogAppendTime answers with the time of the broker', async () => {
    const config = { 'message.timestamp.type': 'LogAppendTime' };
    const topic = await newTopic(broker.bootstrap, 'kcat-append-time', { config });
    await produce(topic, ['x']);
    const [record] = await readRecords(peer.get(), broker.bootstrap, topic);
    assert.equal(record?.tstype, 'logappend');
  });

  test('-p puts records into that partition and a key always into the same one', async () => {
    const topic = await newTopic(broker.bootstrap, 'kcat-partitions', { partitions: 3 });
    await produce(topic, ['into two'], ['-p', '2']);
    const keyed = ['-K', ':', '-X', 'topic.partitioner=murmur2_random'];
    for (let round = 0; round < 3; round++) await produce(topic, ['a:1', 'b:1', 'c:1', 'd:1'], keyed);
    const records = await readRecords(peer.get(), broker.bootstrap, topic);
    assert.equal(records.length, 13);
    assert.deepEqual(
      records.filter((record) => record.key === null).map((record) => [record.partition, record.payload]),
      [[2, 'into two']],
    );
    for (const key of ['a', 'b', 'c', 'd']) {
      const partitions = records.filter((record) => record.key === key).map((record) => record.partition);
      assert.equal(partitions.length, 3);
      assert.equal(new Set(partitions).size, 1);
    }
  });

  test('-o starts at the beginning, an offset, N before the end, the end, or between two times', async () => {
    const topic = await newTopic(broker.bootstrap, 'kcat-offsets');
    await produce(topic, numbered(10, 'early'));
    const [last] = (await readRecords(peer.get(), broker.bootstrap, topic)).slice(-1);
    assert.ok(last);
    // The next records' timestamps must be later than these.
    while (systemClock.now() <= last.ts + 1) await new Promise((resolve) => setImmediate(resolve));
    const between = systemClock.now();
    await produce(topic, numbered(5, 'late'), ['-z', 'lz4']);

    const all = [...numbered(10, 'early'), ...numbered(5, 'late')];
    assert.deepEqual(await valuesOf(topic, ['-o', 'beginning', '-e']), all);
    assert.deepEqual(await valuesOf(topic, ['-o', '12', '-e']), all.slice(12));
    assert.deepEqual(await valuesOf(topic, ['-o', '-4', '-e']), all.slice(-4));
    assert.deepEqual(await valuesOf(topic, ['-o', 'end', '-e']), []);
    assert.deepEqual(await valuesOf(topic, ['-o', 'beginning', '-c', '3']), all.slice(0, 3));
    assert.deepEqual(await valuesOf(topic, ['-o', `s@${between}`, '-e']), all.slice(10));
    assert.deepEqual(await valuesOf(topic, ['-o', 's@0', '-o', `e@${between}`]), all.slice(0, 10));
  });

  test('-Q answers the offset at a time, the earliest and the latest', async () => {
    const topic = await newTopic(broker.bootstrap, 'kcat-query');
    await produce(topic, numbered(7));
    const offsetAt = async (time: number): Promise<number> => {
      const { stdout } = await peer.get()(broker.bootstrap, ['-Q', '-t', `${topic}:0:${time}`]);
      return Number(/offset (-?\d+)/.exec(stdout)?.[1]);
    };
    assert.equal(await offsetAt(-2), 0);
    assert.equal(await offsetAt(-1), 7);
    assert.equal(await offsetAt(systemClock.now() - 3_600_000), 0);
    // librdkafka's word for "no record that late": the end.
    assert.equal(await offsetAt(systemClock.now() + 3_600_000), -1);
  });

  test('a consumer waiting at the end gets a record when it is produced', async () => {
    const topic = await newTopic(broker.bootstrap, 'kcat-follow');
    await using consumer = startProgram(
      'kcat',
      ['-b', broker.bootstrap, '-C', '-u', '-t', topic, '-o', 'end', '-c', '2'],
      { timeoutMs: 60_000 },
    );
    await consumer.line(/Reached end of topic/);
    await produce(topic, ['one']);
    await consumer.line(/^one$/);
    await produce(topic, ['two']);
    const { code, stdout } = await consumer.ended;
    assert.deepEqual([code, stdout], [0, 'one\ntwo\n']);
  });

  for (const acks of ['0', '1', 'all']) {
    test(`acks=${acks} delivers`, async () => {
      const topic = await newTopic(broker.bootstrap, `kcat-acks-${acks}`);
      await produce(topic, numbered(100), ['-X', `acks=${acks}`]);
      // With acks=0 kcat may end before the broker has written; -c waits for the last record.
      assert.deepEqual(await valuesOf(topic, ['-o', 'beginning', '-c', '100']), numbered(100));
    });
  }

  test('an idempotent producer delivers each record once, in order', async () => {
    const topic = await newTopic(broker.bootstrap, 'kcat-idempotent');
    await produce(topic, numbered(5_000), ['-X', 'enable.idempotence=true', '-X', 'batch.num.messages=100']);
    assert.deepEqual(await valuesOf(topic), numbered(5_000));
  });

  test('a record larger than max.message.bytes is refused by name', async () => {
    const topic = await newTopic(broker.bootstrap, 'kcat-large', {
      config: { 'max.message.bytes': '10000' },
    });
    const { code, stderr } = await peer.get()(broker.bootstrap, ['-P', '-t', topic], {
      stdin: `${'x'.repeat(20_000)}\n`,
      mayFail: true,
    });
    assert.notEqual(code, 0);
    assert.match(stderr, /Message size too large/);
    await produce(topic, ['small']);
    assert.deepEqual(await valuesOf(topic), ['small']);
  });

  test('an offset beyond the end is out of range, and kcat goes on at the end', async () => {
    const topic = await newTopic(broker.bootstrap, 'kcat-out-of-range');
    await produce(topic, numbered(3));
    const { stderr } = await peer.get()(broker.bootstrap, ['-C', '-t', topic, '-o', '99', '-e'], {
      mayFail: true,
    });
    assert.match(stderr, /out of range|Reached end of topic/);
  });
});
