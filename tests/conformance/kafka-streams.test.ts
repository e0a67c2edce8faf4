// Kafka Streams counts words with `exactly_once_v2` while the broker is killed under it, and it is killed itself: readers
// of committed records see every count of every word once and in order, as if nothing had happened.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { seededRandom } from '@klamm/base/random';
import { Kafka } from '@klamm/client/client';
import { getJavaPrograms } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import { RestartedBroker } from '../peers/restarted-broker.ts';

const java = await usePeer(getJavaPrograms);
const seed = Number(process.env.KLAMM_SEED ?? Date.now() % 1_000_000);
const [INPUT, OUTPUT, PARTITIONS] = ['lines', 'counts', 3];
const LINES = 1000;
const WORDS_PER_LINE = 5;
/** Who is killed while the lines of a round are being counted. */
const ROUNDS = ['broker', 'broker', 'streams', 'broker', 'broker', 'broker'] as const;

/** Counts as they are read; throws at the first that is not the next one of its word. */
class Counts {
  readonly last = new Map<string, number>();
  total = 0;
  #waiting: { readonly total: number; readonly resolve: () => void } | undefined;

  note(word: string, count: number): void {
    assert.equal(count, (this.last.get(word) ?? 0) + 1, `a count of ${word}`);
    this.last.set(word, count);
    this.total++;
    if (this.#waiting !== undefined && this.total >= this.#waiting.total) this.#waiting.resolve();
  }

  reached(total: number): Promise<void> {
    if (this.total >= total) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = { total, resolve };
    });
  }
}

suite('Kafka Streams with exactly_once_v2', { skip: java.skip, timeout: 240_000 }, () => {
  test(`counts every word once through kills of the broker and its own (seed ${seed})`, async (t) => {
    const random = seededRandom(seed);
    const stateDirectory = mkdtempSync(join(tmpdir(), 'klamm-streams-'));
    t.after(() => rmSync(stateDirectory, { recursive: true, force: true }));
    await using broker = await RestartedBroker.start({
      'group.initial.rebalance.delay.ms': '0',
      'log.cleaner.backoff.ms': '200',
    });
    const kafka = new Kafka({ brokers: broker.bootstrap });
    {
      await using admin = kafka.admin();
      for (const name of [INPUT, OUTPUT]) await admin.createTopic({ name, partitions: PARTITIONS });
    }

    const args = [broker.bootstrap, 'word-count', INPUT, OUTPUT, stateDirectory];
    const startStreams = () => java.get().start('WordCount', args);
    let streams = startStreams();
    t.after(() => streams.stop('SIGKILL'));
    await streams.line(/^RUNNING$/);

    const counts = new Counts();
    const aborting = new AbortController();
    const follow = (async () => {
      for await (const { key, value } of kafka.consume({
        topic: OUTPUT,
        from: 'earliest',
        readCommitted: true,
        signal: aborting.signal,
      })) {
        counts.note(String(key), Number(value?.readBigInt64BE()));
      }
    })();
    const failed = follow.then(() => assert.fail('the reader ended'));
    const until = (total: number) => Promise.race([counts.reached(total), failed]);

    const expected = new Map<string, number>();
    let total = 0;
    const lineOf = () => {
      const words = Array.from({ length: WORDS_PER_LINE }, () => `w${Math.floor(random() ** 2 * 60)}`);
      for (const word of words) expected.set(word, (expected.get(word) ?? 0) + 1);
      total += words.length;
      return { topic: INPUT, partition: Math.floor(random() * PARTITIONS), value: words.join(' ') };
    };
    await using producer = kafka.producer();
    for (const victim of ROUNDS) {
      const before = total;
      const sent = producer.sendBatch(Array.from({ length: LINES }, lineOf));
      await until(before + Math.floor(random() * 0.8 * (total - before)));
      if (victim === 'broker') {
        await broker.kill();
        await broker.startAgain();
      } else {
        await streams.stop('SIGKILL');
        streams = startStreams();
      }
      await sent;
      t.diagnostic(`${victim} killed: ${counts.total} of ${total} counts`);
    }
    await until(total);
    const { stdout } = await streams.stop();
    assert.match(stdout, /^NOT_RUNNING$/m);
    aborting.abort();
    await follow;
    const whole = new Counts();
    const all = { topic: OUTPUT, from: 'earliest', toEnd: true, readCommitted: true } as const;
    for await (const { key, value } of kafka.consume(all))
      whole.note(String(key), Number(value?.readBigInt64BE()));
    assert.deepEqual(whole.last, expected);
  });
});
