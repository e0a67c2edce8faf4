// franz-go against the broker: idempotent producing with every codec, consuming from every kind of start, administration.
// franz-go speaks the newest versions of every request, so this is where topic ids and fetch sessions are met.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import type { Broker } from '../peers/broker.ts';
import { getGo, type Line } from '../peers/go.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { newTopic, topicName } from '../peers/topics.ts';

const peer = await usePeer(getGo);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

suite('franz-go', { skip: peer.skip }, () => {
  let broker: Broker;
  before(async () => {
    peer.get();
    broker = await startKlamm();
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  const run = (program: string, ...args: string[]): Promise<Line[]> =>
    peer.get().run(`franz-${program}`, ['-brokers', broker.bootstrap, ...args]);
  const offsetsOf = (printed: Line[]): unknown[] => printed.map((line) => line.offset);

  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    test(`records compressed with ${codec} keep key, value and headers`, async () => {
      const topic = await newTopic(broker.bootstrap, `franz-${codec}`);
      const sent = await run('producer', '-topic', topic, '-compression', codec, '-count', '500');
      assert.deepEqual(offsetsOf(sent), numbers(500));
      const read = await run('consumer', '-topic', topic, '-count', '500');
      assert.deepEqual(
        read.map(({ offset, key, value, headers }) => ({ offset, key, value, headers })),
        numbers(500).map((i) => ({
          offset: i,
          key: `key-${i % 7}`,
          value: `franz ${i}`,
          headers: { number: String(i) },
        })),
      );
    });
  }

  for (const acks of ['1', '0']) {
    test(`acks=${acks} delivers`, async () => {
      const topic = await newTopic(broker.bootstrap, `franz-acks-${acks}`);
      await run('producer', '-topic', topic, '-acks', acks, '-count', '200');
      assert.deepEqual(offsetsOf(await run('consumer', '-topic', topic, '-count', '200')), numbers(200));
    });
  }

  test('a consumer starts at an offset or at a time', async () => {
    const topic = await newTopic(broker.bootstrap, 'franz-starts');
    await run('producer', '-topic', topic, '-count', '10');
    const one = ['-topic', topic, '-partition', '0'];
    assert.deepEqual(offsetsOf(await run('consumer', ...one, '-from', '6', '-count', '4')), [6, 7, 8, 9]);
    assert.deepEqual(offsetsOf(await run('consumer', ...one, '-from', '@0', '-count', '2')), [0, 1]);
  });

  test('8 MB in several partitions are read completely, by a reader of committed records too', async () => {
    const topic = await newTopic(broker.bootstrap, 'franz-large', { partitions: 4 });
    const size = ['-count', '2000', '-bytes', '4000'];
    const sent = await run('producer', '-topic', topic, '-compression', 'none', ...size);
    const placesOf = (printed: Line[]): string[] =>
      printed.map((line) => `${line.partition}-${line.offset}`).sort();
    const read = await run('consumer', '-topic', topic, '-count', '2000', '-committed');
    assert.deepEqual(placesOf(read), placesOf(sent));
    assert.ok(read.every((line) => String(line.value).length === 4_000));
  });

  test('a topic is created with an id, listed, given partitions and deleted', async () => {
    const topic = topicName('franz-admin');
    const admin = (...args: string[]): Promise<Line[]> => run('admin', '-topic', topic, ...args);
    const [created] = await admin('-partitions', '2', 'create');
    assert.equal(created?.partitions, 2);
    assert.equal(created?.replicationFactor, 1);
    assert.match(String(created?.id), /^[\w+/]{22}==$/);
    await admin('-partitions', '4', 'add-partitions');
    const listed = (await admin('list')).find((line) => line.topic === topic);
    assert.deepEqual([listed?.partitions, listed?.id], [4, created?.id]);
    await admin('delete');
    assert.equal(
      (await admin('list')).some((line) => line.topic === topic),
      false,
    );
  });

  test('the cluster has an id, one broker, and it is the controller', async () => {
    const [cluster] = await run('admin', 'cluster');
    assert.equal(cluster?.brokers, 1);
    assert.match(String(cluster?.id), /^[\w-]{22}$/);
    assert.ok(Number(cluster?.controller) >= 0);
  });

  test('first, last, latest and timed offsets are listed, and the first moves when records are deleted', async () => {
    const topic = await newTopic(broker.bootstrap, 'franz-offsets', { partitions: 2 });
    await run('producer', '-topic', topic, '-partition', '0', '-count', '10');
    const later = String(systemClock.now() + 3_600_000);
    const [first, second] = await run('admin', '-topic', topic, '-after', later, 'offsets');
    // The records of one burst may share their largest timestamp; then it is the first of them that is named.
    const largestTimestamp = Number(first?.largestTimestamp);
    assert.ok(largestTimestamp >= 0 && largestTimestamp < 10);
    assert.deepEqual(first, {
      event: 'offsets',
      partition: 0,
      start: 0,
      end: 10,
      after: 10,
      largestTimestamp,
    });
    assert.deepEqual(second, {
      event: 'offsets',
      partition: 1,
      start: 0,
      end: 0,
      after: 0,
      largestTimestamp: -1,
    });
    assert.deepEqual(await run('admin', '-topic', topic, '-offset', '7', 'delete-records'), [
      { event: 'deleted', lowWatermark: 7 },
    ]);
    const [moved] = await run('admin', '-topic', topic, 'offsets');
    assert.deepEqual([moved?.start, moved?.end], [7, 10]);
    assert.deepEqual(
      offsetsOf(await run('consumer', '-topic', topic, '-partition', '0', '-count', '3')),
      [7, 8, 9],
    );
  });

  test('topic settings are given at creation, altered and described', async () => {
    const topic = topicName('franz-config');
    const admin = (...args: string[]): Promise<Line[]> => run('admin', '-topic', topic, ...args);
    await admin('-partitions', '1', '-config', 'retention.ms=1000000', 'create');
    await admin('-config', 'segment.bytes=2097152', 'alter');
    const entries = await admin('config');
    const changed = entries.filter((entry) => entry.source === 'DYNAMIC_TOPIC_CONFIG');
    assert.deepEqual(changed.map(({ name, value }) => [name, value]).sort(), [
      ['retention.ms', '1000000'],
      ['segment.bytes', '2097152'],
    ]);
  });
});
