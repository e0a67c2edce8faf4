// What readers of committed records see while one transaction is open, one was aborted and one was committed: with the
// partition consumer and with a member of a group, on Klamm's broker, in this process, and on a real Apache Kafka.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startBroker } from '@klamm/broker/broker';
import type { GroupMessage } from '@klamm/client/group/group-message';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import { getJava } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import { topicName } from '../peers/topics.ts';
import { type Target, useTarget } from './target.ts';

/** The log: 0 plain, 1-2 aborted, 3 marker, 4-5 committed, 6 marker, 7 plain, 8 open, 9 plain. */
const LAST_STABLE_OFFSET = 8;
const END_OFFSET = 10;
const COMMITTED = ['0 plain', '4 committed', '5 committed', '7 plain'];
const ALL = [
  ['0 plain', '1 aborted', '2 aborted', '4 committed', '5 committed', '7 plain'],
  ['8 open', '9 plain'],
].flat();

const textOf = (message: { readonly offset: number; text(): string }): string =>
  `${message.offset} ${message.text()}`;

function readCommittedSuite(name: string, skip: string | false, start: () => Promise<Target>): void {
  suite(`Reading committed records on ${name}`, { skip }, () => {
    const target = useTarget(start);

    /** Writes the log; `decide` ends the open transaction. */
    async function setUp(t: { after(work: () => Promise<void>): void }) {
      const topic = topicName('committed');
      await using admin = target.kafka.admin();
      await admin.createTopic({ name: topic, partitions: 1 });
      const plain = target.kafka.producer();
      const producer = target.kafka.producer({ transactionalId: `of-${topic}` });
      t.after(() => plain.close());
      t.after(() => producer.close());
      const send = (value: string) => plain.send({ topic, value });

      await send('plain');
      const aborted = await producer.begin();
      for (let i = 0; i < 2; i++) await aborted.send({ topic, value: 'aborted' });
      await aborted.abort();
      await producer.transaction((txn) =>
        txn.sendBatch([1, 2].map(() => ({ topic, value: 'committed' as const }))),
      );
      // Apache Kafka answers before its markers are written; who sees what was committed has seen that they are.
      for await (const { offset } of target.kafka.consume({ topic, from: 'earliest', readCommitted: true })) {
        if (offset === 5) break;
      }
      await send('plain');
      const open = await producer.begin();
      await open.send({ topic, value: 'open' });
      await send('plain');
      return { topic, send, decide: (isCommitted: boolean) => (isCommitted ? open.commit() : open.abort()) };
    }

    async function readToEnd(topic: string, from: 'earliest' | 'latest', readCommitted: boolean) {
      const consumer = target.kafka.consume({ topic, from, toEnd: true, readCommitted });
      const values: string[] = [];
      for await (const message of consumer) values.push(textOf(message));
      return { values, position: consumer.position(0), lag: consumer.lag(0) };
    }

    test('the log ends before the open transaction, for its records, its end, its latest offset and the lag', async (t) => {
      const { topic } = await setUp(t);
      assert.deepEqual(await readToEnd(topic, 'earliest', true), {
        values: COMMITTED,
        position: LAST_STABLE_OFFSET,
        lag: 0,
      });
      assert.deepEqual(await readToEnd(topic, 'earliest', false), {
        values: ALL,
        position: END_OFFSET,
        lag: 0,
      });
      assert.equal((await readToEnd(topic, 'latest', true)).position, LAST_STABLE_OFFSET);
      assert.equal((await readToEnd(topic, 'latest', false)).position, END_OFFSET);
      for (const readCommitted of [true, false]) {
        const consumer = target.kafka.consume({ topic, from: 'earliest', readCommitted });
        await consumer.next();
        assert.equal(consumer.lag(0), (readCommitted ? LAST_STABLE_OFFSET : END_OFFSET) - 1);
        await consumer.close();
      }
    });

    test('what was open is read when it commits, and what waited behind it', async (t) => {
      const { topic, decide } = await setUp(t);
      const seen: string[] = [];
      for await (const message of target.kafka.consume({ topic, from: 'earliest', readCommitted: true })) {
        seen.push(textOf(message));
        if (message.offset === 7) await decide(true);
        if (message.offset === 9) break;
      }
      assert.deepEqual(seen, [...COMMITTED, '8 open', '9 plain']);
    });

    test('what was open is passed over when it is aborted; any offset may be the first', async (t) => {
      const { topic, decide } = await setUp(t);
      await decide(false);
      for (let from = 0; from < END_OFFSET; from++) {
        const seen: string[] = [];
        for await (const message of target.kafka.consume({ topic, from, readCommitted: true })) {
          seen.push(textOf(message));
          if (message.offset === 9) break;
        }
        assert.deepEqual(
          seen,
          [...COMMITTED, '9 plain'].filter((value) => Number(value[0]) >= from),
          `from ${from}`,
        );
      }
    });

    test('a member of a group reads the same, and goes on where it was, over aborted records and markers', async (t) => {
      const { topic, decide, send } = await setUp(t);
      const groupId = topicName('reader');
      const options = { groupId, topics: topic, autoOffsetReset: 'earliest', readCommitted: true } as const;
      const read = async (until: number, onMessage: (message: GroupMessage) => unknown = () => {}) => {
        const seen: string[] = [];
        for await (const message of target.kafka.group(options)) {
          seen.push(textOf(message));
          message.mark();
          await onMessage(message);
          if (message.offset === until) break;
        }
        return seen;
      };
      assert.deepEqual(await read(0), ['0 plain']);
      assert.deepEqual(await read(9, ({ offset }) => offset === 7 && decide(false)), [
        ...COMMITTED.slice(1),
        '9 plain',
      ]);
      // The abort's marker is at 10.
      await send('more');
      assert.deepEqual(await read(11), ['11 more']);
    });

    test('a member that is to begin at the latest offset begins at the open transaction', async (t) => {
      const { topic, decide } = await setUp(t);
      const group = target.kafka.group({ groupId: topicName('latest'), topics: topic, readCommitted: true });
      const first = group.next();
      await new Promise<void>((resolve) => group.on('assigned', () => resolve()));
      while (group.lag({ topic, partition: 0 }) === undefined) await new Promise(setImmediate);
      assert.equal(group.position({ topic, partition: 0 }), LAST_STABLE_OFFSET);
      assert.equal(group.lag({ topic, partition: 0 }), 0);
      await decide(true);
      assert.equal((await first).value?.text(), 'open');
      await group.close();
    });
  });
}

const java = await usePeer(getJava);

readCommittedSuite('Klamm', false, () => startBroker({ port: 0 }));
readCommittedSuite('Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get()));
