// Klamm's group consumer, in both protocols, on Klamm and on a real Apache Kafka 4.3.1: where it begins, what it commits,
// how it hands over, and how it ends.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Kafka } from '@klamm/client/client';
import type { GroupConsumer } from '@klamm/client/group/group-consumer';
import type { GroupOptions } from '@klamm/client/group/options';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';

const java = await usePeer(getJava);
const settings = { 'group.initial.rebalance.delay.ms': '0' };
const brokers: [string, string | false, () => Promise<Broker>][] = [
  ['Klamm', false, () => startKlamm({ settings })],
  ['Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get(), { settings })],
];

for (const [name, skip, start] of brokers) {
  suite(`Klamm's group consumer on ${name}`, { skip, timeout: 180_000 }, () => {
    let broker: Broker;
    let kafka: Kafka;
    before(async () => {
      broker = await start();
      // The classic leader looks for new topics as often as metadata is renewed.
      kafka = new Kafka({ brokers: broker.bootstrap, metadataMaxAgeMs: 500 });
    });
    after(async () => {
      await broker?.[Symbol.asyncDispose]();
    });

    let topics = 0;
    async function newTopic(partitions = 1): Promise<string> {
      const topic = `group-consumer-${++topics}`;
      await using admin = kafka.admin();
      await admin.createTopic({ name: topic, partitions });
      return topic;
    }
    async function send(topic: string, values: readonly string[], partition = 0): Promise<void> {
      await using producer = kafka.producer();
      await producer.sendBatch(values.map((value) => ({ topic, partition, value })));
    }
    const committed = async (groupId: string): Promise<(string | number)[][]> => {
      await using admin = kafka.admin();
      return (await admin.groupOffsets(groupId)).map(({ partition, offset, metadata }) => [
        partition,
        offset,
        metadata,
      ]);
    };
    /** Resolves with the next event of a type. */
    const next = (group: GroupConsumer, type: 'assigned' | 'revoked' | 'joined' | 'pollTimeout') =>
      new Promise<void>((resolve) => {
        const off = group.on(type, () => {
          off();
          resolve();
        });
      });

    for (const protocol of ['consumer', 'classic'] as const) {
      const open = (topic: GroupOptions['topics'], options: Partial<GroupOptions> = {}): GroupConsumer =>
        kafka.group({
          groupId: `${topic}-${protocol}`,
          topics: topic,
          protocol,
          autoOffsetReset: 'earliest',
          ...options,
        });

      test(`${protocol}: what is marked is committed on close, and the next reader goes on there`, async () => {
        const topic = await newTopic();
        await send(topic, ['a', 'b', 'c', 'd']);
        const seen: string[] = [];
        for await (const message of open(topic)) {
          seen.push(message.text());
          if (message.offset === 1) message.mark('so far');
          if (message.offset === 2) break;
        }
        assert.deepEqual(await committed(`${topic}-${protocol}`), [[0, 2, 'so far']]);
        for await (const message of open(topic)) {
          seen.push(message.text());
          if (message.offset === 3) break;
        }
        assert.deepEqual(seen, ['a', 'b', 'c', 'c', 'd'], 'what was not marked is read again');
      });

      test(`${protocol}: by hand nothing is committed but what is said, offsets and notes`, async () => {
        const topic = await newTopic(2);
        await send(topic, ['a', 'b']);
        await send(topic, ['c'], 1);
        await using group = open(topic, { autoCommit: false });
        let read = 0;
        for await (const batch of group.batches()) {
          read += batch.messages.length;
          batch.mark();
          if (read < 3) continue;
          await group.commit([{ topic, partition: 0, offset: 1, metadata: 'half' }]);
          assert.deepEqual(await committed(`${topic}-${protocol}`), [[0, 1, 'half']]);
          await group.commit();
          break;
        }
        assert.deepEqual(await committed(`${topic}-${protocol}`), [
          [0, 2, ''],
          [1, 1, ''],
        ]);
      });

      test(`${protocol}: a second member gets its share, and gives it back when it leaves, nothing read twice`, async () => {
        const topic = await newTopic(4);
        const seen: string[] = [];
        let marks = 0;
        const [a, b] = [open(topic), open(topic)];
        const reading = [a, b].map((group) =>
          group.each((message) => {
            seen.push(`${message.partition}/${message.offset}`);
            marks++;
          }),
        );
        await using producer = kafka.producer();
        const feed = async (until: () => boolean): Promise<number> => {
          let rounds = 0;
          for (; !until(); rounds++) {
            const messages = [0, 1, 2, 3].map((partition) => ({ topic, partition, value: `${rounds}` }));
            await producer.sendBatch(messages);
          }
          return rounds * 4;
        };
        const both = () => a.assignment.length === 2 && b.assignment.length === 2;
        let sent = await feed(both);
        await b.close();
        sent += await feed(() => a.assignment.length === 4);
        sent += await feed(() => marks >= sent);
        while (seen.length < sent) await new Promise((resolve) => setTimeout(resolve, 5));
        await a.close();
        await Promise.all(reading);
        assert.deepEqual([seen.length, new Set(seen).size], [sent, sent]);
      });

      test(`${protocol}: a handler is set up and cleaned up around each change of its partitions`, async () => {
        const topic = await newTopic(2);
        const log: string[] = [];
        const [a, b] = [open(topic), open(topic)];
        const running = a.run({
          setup: ({ claims }) => void log.push(`setup ${claims.length}`),
          async consumeClaim(claim, { signal }) {
            for await (const _ of claim);
            assert.equal(signal.aborted, true);
          },
          cleanup: () => void log.push('cleanup'),
        });
        while (log.length === 0) await next(a, 'assigned').then(() => new Promise(setImmediate));
        const other = b.each(() => {});
        while (b.assignment.length === 0) await next(b, 'assigned');
        while (a.assignment.length !== 1 || log.length < 3)
          await new Promise((resolve) => setTimeout(resolve, 5));
        await Promise.all([a.close(), b.close(), running, other]);
        assert.deepEqual(log.slice(0, 3), ['setup 2', 'cleanup', 'setup 1']);
        assert.equal(
          log.filter((each) => each.startsWith('setup')).length,
          log.filter((each) => each === 'cleanup').length,
        );
      });

      test(`${protocol}: topics that match a pattern, those that come later included`, async () => {
        const topic = await newTopic();
        await send(topic, ['old']);
        await using group = open(new RegExp(`${topic}(-late)?`), { groupId: `${topic}-pattern-${protocol}` });
        const seen: string[] = [];
        for await (const message of group) {
          seen.push(message.text());
          if (message.text() === 'old') {
            await using admin = kafka.admin();
            await admin.createTopic({ name: `${topic}-late`, partitions: 1 });
            await send(`${topic}-late`, ['new']);
            // Apache Kafka resolves patterns of the consumer protocol again after ten minutes.
            if (protocol === 'consumer' && name !== 'Klamm') break;
          } else break;
        }
        assert.deepEqual(seen.slice(0, 2), seen.length === 1 ? ['old'] : ['old', 'new']);
        assert.ok(seen.length === 2 || name !== 'Klamm');
      });

      test(`${protocol}: pause, resume, seek, position and lag of a partition`, async () => {
        const topic = await newTopic(2);
        await send(topic, ['a', 'b', 'c']);
        await using group = open(topic);
        const first = { topic, partition: 0 };
        assert.equal((await group.next()).value?.text(), 'a');
        group.pause([first]);
        await send(topic, ['other'], 1);
        assert.equal((await group.next()).value?.text(), 'other');
        assert.deepEqual([group.position(first), group.lag(first)], [1, 2]);
        group.seek(first, 2);
        group.resume([first]);
        assert.equal((await group.next()).value?.text(), 'c');
        assert.throws(() => group.seek({ topic, partition: 7 }, 0), { code: 'UNKNOWN_TOPIC_OR_PARTITION' });
      });

      test(`${protocol}: without a committed offset and a place to begin, the reader is told which partition`, async () => {
        const topic = await newTopic();
        const group = open(topic, { autoOffsetReset: 'none' });
        await assert.rejects(group.next(), (error: Error & { code: string }) => {
          assert.match(error.message, new RegExp(`no committed offset of ${topic}-0`));
          return error.code === 'NO_OFFSET_FOR_PARTITION';
        });
      });

      test(`${protocol}: a program that asks for nothing loses its partitions, and has them back when it asks`, async () => {
        const topic = await newTopic();
        await send(topic, ['a', 'b']);
        await using group = open(topic, { maxPollIntervalMs: 300 });
        const first = await group.next();
        first.value?.mark();
        await group.commit();
        await next(group, 'pollTimeout');
        while (group.assignment.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
        assert.equal((await group.next()).value?.text(), 'b');
      });

      test(`${protocol}: an aborted signal ends the reader once it is done with its message, and leaves the group`, async () => {
        const topic = await newTopic();
        await send(topic, ['a']);
        const stop = new AbortController();
        for await (const message of open(topic, { signal: stop.signal })) {
          stop.abort();
          await new Promise((resolve) => setTimeout(resolve, 20));
          message.mark();
        }
        await using admin = kafka.admin();
        const { members } = await admin.describeGroup(`${topic}-${protocol}`);
        assert.deepEqual([members, await committed(`${topic}-${protocol}`)], [[], [[0, 1, '']]]);
      });
    }
  });
}
