// What Klamm's transform promises, reading a topic and writing another, as tests that hold against any broker.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { topicName } from '../peers/topics.ts';
import { type Target, useTarget } from './target.ts';

/** Declares the suite. `skip` is the reason why there is no such broker here, or false. */
export function transformSuite(name: string, skip: string | false, start: () => Promise<Target>): void {
  suite(`Klamm's transform on ${name}`, { skip }, () => {
    const target = useTarget(start);

    /** A topic with records 0 to `count` - 1 over its partitions, one to write to, and a group. */
    async function setUp(count: number, partitions = 3) {
      const [from, to, groupId] = [topicName('from'), topicName('to'), topicName('transform')];
      await using admin = target.kafka.admin();
      for (const topic of [from, to]) await admin.createTopic({ name: topic, partitions });
      const send = async (first: number, last: number): Promise<void> => {
        await using producer = target.kafka.producer();
        const numbers = Array.from({ length: last - first }, (_, i) => first + i);
        await producer.sendBatch(
          numbers.map((i) => ({ topic: from, partition: i % partitions, value: `${i}` })),
        );
      };
      await send(0, count);
      const transform = (transactionalId: string, signal?: AbortSignal) =>
        target.kafka.transform({
          from: { groupId, topics: from, sessionTimeoutMs: 10_000 },
          to: { transactionalId: `${groupId}-${transactionalId}` },
          commitIntervalMs: 20,
          ...(signal === undefined ? {} : { signal }),
        });
      /** Reads committed records until `count` have come, and those that there are behind them. */
      const read = async (expected: number): Promise<number[]> => {
        const values: number[] = [];
        for await (const message of target.kafka.consume({
          topic: to,
          from: 'earliest',
          readCommitted: true,
        })) {
          values.push(Number(message.text()));
          if (values.length === expected) break;
        }
        return values.sort((a, b) => a - b);
      };
      return { from, to, groupId, send, transform, read };
    }

    const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

    test('what is written and what was read are committed together, each message once', async () => {
      const { to, groupId, transform, read } = await setUp(300);
      const done = new AbortController();
      const running = transform('a', done.signal).run((message) => ({ topic: to, value: message.text() }));
      assert.deepEqual(await read(300), upTo(300));
      done.abort();
      await running;
      await using admin = target.kafka.admin();
      const offsets = await admin.groupOffsets(groupId);
      // Markers of the transactions are not read, so the offsets are those of the messages.
      assert.deepEqual(offsets.map(({ offset }) => offset).sort(), [100, 100, 100]);
    });

    test('a message may become none or several, and those that become none are not read again', async () => {
      const { to, transform, read } = await setUp(30, 1);
      const seen: number[] = [];
      const once = async (until: number): Promise<void> => {
        const done = new AbortController();
        await transform('a', done.signal).run((message) => {
          const i = Number(message.text());
          seen.push(i);
          if (i === until) done.abort();
          return i % 3 === 0 ? [`${i}`, `${i}`].map((value) => ({ topic: to, value })) : undefined;
        });
      };
      await once(19);
      await once(29);
      assert.deepEqual(
        await read(20),
        upTo(30)
          .filter((i) => i % 3 === 0)
          .flatMap((i) => [i, i]),
      );
      assert.deepEqual(seen, upTo(30));
    });

    test('what the work throws ends it; what it threw in is not written, and comes again', async () => {
      const { to, transform, read } = await setUp(10, 1);
      const copy = (message: { text(): string }) => ({ topic: to, value: message.text() });
      await assert.rejects(
        transform('a').run((message) => {
          if (message.offset === 7) throw new Error('cannot do 7');
          return copy(message);
        }),
        /cannot do 7/,
      );
      const done = new AbortController();
      const running = transform('a', done.signal).run(copy);
      assert.deepEqual(await read(10), upTo(10));
      done.abort();
      await running;
    });

    test('members come and go while it runs: still each message once', async () => {
      const { to, send, transform, read } = await setUp(600, 6);
      const signals = [new AbortController(), new AbortController(), new AbortController()];
      const seen = [0, 0, 0];
      const run = (i: number): Promise<void> =>
        transform(String(i), signals[i]?.signal).run((message) => {
          seen[i] = (seen[i] ?? 0) + 1;
          return { topic: to, value: message.text() };
        });
      const running = [run(0)];
      await read(50);
      running.push(run(1));
      await send(600, 1200);
      await read(700);
      running.push(run(2));
      await send(1200, 1800);
      await read(1300);
      signals[0]?.abort();
      await running[0];
      await send(1800, 2400);
      assert.deepEqual(await read(2400), upTo(2400));
      for (const signal of signals) signal.abort();
      await Promise.all(running);
      assert.ok(seen.reduce((sum, count) => sum + count) >= 2400);
    });

    test('a transaction that was ended behind its back is done again', async () => {
      const { from, to, groupId, read } = await setUp(6, 1);
      const aborted: unknown[] = [];
      const done = new AbortController();
      const running = target.kafka
        .transform({
          from: { groupId, topics: from },
          to: { transactionalId: groupId, transactionTimeoutMs: 300 },
          commitIntervalMs: 60_000,
          maxMessages: 6,
          signal: done.signal,
          onAborted: (cause) => void aborted.push(cause),
        })
        .run(async (message) => {
          if (message.offset === 5 && aborted.length === 0) {
            for await (const written of target.kafka.consume({ topic: to, from: 'earliest' })) {
              if (written.text() === '4') break;
            }
            await using other = target.kafka.producer();
            await other.send({ topic: to, value: '6' });
            // Readers of committed records get there when the transaction of 0 to 4 was aborted.
            assert.deepEqual(await read(1), [6]);
          }
          return { topic: to, value: message.text() };
        });
      assert.deepEqual(await read(7), upTo(7));
      done.abort();
      await running;
      assert.equal(aborted.length, 1);
    });

    test('of two with the same transactional id the first is fenced off, and told', async () => {
      const { to, send, transform, read } = await setUp(100, 2);
      const copy = (message: { text(): string }) => ({ topic: to, value: message.text() });
      const done = new AbortController();
      const fenced = transform('same')
        .run(copy)
        .then(
          () => undefined,
          (cause) => cause,
        );
      await read(100);
      const second = transform('same', done.signal).run(copy);
      let outcome: unknown;
      fenced.then((cause) => {
        outcome = cause;
      });
      let sent = 100;
      while (outcome === undefined) {
        await send(sent, sent + 10);
        sent += 10;
        if (outcome === undefined) await read(sent - 10);
      }
      assert.equal((outcome as { code?: string }).code, 'PRODUCER_FENCED');
      assert.deepEqual(await read(sent), upTo(sent));
      done.abort();
      await second;
    });
  });
}
