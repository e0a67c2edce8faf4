// Apache Kafka's TransactionalMessageCopier, the program of its own system tests: it reads what is committed, sends it on in
// transactions that carry its offsets, and aborts every third of them. However often the broker and it are killed,
// readers of committed records see each record once and in order.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { seededRandom } from '@klamm/base/random';
import { Kafka } from '@klamm/client/client';
import { getJava } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import type { RunningProgram } from '../peers/program.ts';
import { RestartedBroker } from '../peers/restarted-broker.ts';

const java = await usePeer(getJava);
const seed = Number(process.env.KLAMM_SEED ?? Date.now() % 1_000_000);
const [INPUT, OUTPUT] = ['input', 'output'];
const RECORDS_PER_TRANSACTION = 250;

interface Mode {
  readonly name: string;
  readonly partitions: number;
  /** Of all partitions together. */
  readonly transactions: number;
  readonly copiers: number;
  readonly args: readonly string[];
  /** Who is killed, one after the other, as the copies come in. */
  readonly victims: readonly ('broker' | 'copier')[];
}

const MODES: readonly Mode[] = [
  {
    name: 'one for a partition, which commits for the group id alone',
    partitions: 1,
    transactions: 40,
    copiers: 1,
    args: [],
    victims: ['broker', 'broker', 'copier', 'broker'],
  },
  {
    name: 'two in a group, who commit as its members (KIP-447)',
    partitions: 3,
    transactions: 80,
    copiers: 2,
    args: ['--group-mode', '--use-group-metadata'],
    victims: ['broker', 'copier', 'broker', 'broker'],
  },
];

/** The copies of each partition, which have to come in the order of what was copied. */
class Copies {
  readonly #next: number[];
  #total = 0;
  #waiting: { readonly total: number; readonly resolve: () => void } | undefined;

  constructor(partitions: number) {
    this.#next = Array.from({ length: partitions }, () => 0);
  }

  note(partition: number, value: string): void {
    const next = this.#next[partition] ?? 0;
    assert.equal(value, `${next}`, `the copies of partition ${partition}`);
    this.#next[partition] = next + 1;
    this.#total++;
    if (this.#waiting !== undefined && this.#total >= this.#waiting.total) this.#waiting.resolve();
  }

  get perPartition(): readonly number[] {
    return this.#next;
  }

  reached(total: number): Promise<void> {
    if (this.#total >= total) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = { total, resolve };
    });
  }
}

/** Sends numbered records to each partition in transactions, and as many others that are aborted. */
async function fill(kafka: Kafka, { partitions, transactions }: Mode): Promise<number[]> {
  const sent = Array.from({ length: partitions }, () => 0);
  await using producer = kafka.producer({ transactionalId: 'filler' });
  for (let i = 0; i < transactions; i++) {
    const partition = i % partitions;
    const first = sent[partition] ?? 0;
    sent[partition] = first + RECORDS_PER_TRANSACTION;
    const records = (textOf: (n: number) => string) =>
      Array.from({ length: RECORDS_PER_TRANSACTION }, (_, n) => ({
        topic: INPUT,
        partition,
        value: textOf(n),
      }));
    const aborted = await producer.begin();
    await aborted.sendBatch(records((n) => `aborted ${n}`));
    await aborted.abort();
    await producer.transaction((txn) => txn.sendBatch(records((n) => `${first + n}`)));
  }
  return sent;
}

suite('TransactionalMessageCopier', { skip: java.skip, timeout: 360_000 }, () => {
  for (const mode of MODES) {
    test(`copies everything once: ${mode.name} (seed ${seed})`, async (t) => {
      const random = seededRandom(seed);
      await using broker = await RestartedBroker.start({ 'group.initial.rebalance.delay.ms': '0' });
      const kafka = new Kafka({ brokers: broker.bootstrap });
      {
        await using admin = kafka.admin();
        for (const name of [INPUT, OUTPUT]) await admin.createTopic({ name, partitions: mode.partitions });
      }
      const sent = await fill(kafka, mode);
      const total = sent.reduce((sum, count) => sum + count);

      const copiers: RunningProgram[] = [];
      const start = (i: number): void => {
        const copier = java
          .get()
          .start('org.apache.kafka.tools.TransactionalMessageCopier', [
            ...['--broker-list', broker.bootstrap, '--transactional-id', `copier-${i}`],
            ...['--input-topic', INPUT, '--input-partition', '0', '--output-topic', OUTPUT],
            ...['--consumer-group', 'copiers', '--transaction-size', '50', '--transaction-timeout', '3000'],
            ...['--enable-random-aborts', ...mode.args],
          ]);
        copiers[i] = copier;
        // A broker that takes longer to come back has ended its transaction, and with that it gives up.
        copier.ended.then(({ code, stderr }) => {
          if (code !== 1 || !stderr.includes('has been claimed by another process')) return;
          t.diagnostic(`the transaction of copier ${i} took too long`);
          start(i);
        });
      };
      for (let i = 0; i < mode.copiers; i++) start(i);
      t.after(() => Promise.all(copiers.map((copier) => copier.stop('SIGKILL'))));

      const copies = new Copies(mode.partitions);
      const reading = new AbortController();
      const follow = (async () => {
        const options = {
          topic: OUTPUT,
          from: 'earliest',
          readCommitted: true,
          signal: reading.signal,
        } as const;
        for await (const message of kafka.consume(options)) copies.note(message.partition, message.text());
      })();
      const failed = follow.then(() => assert.fail('the reader ended'));
      const until = (copied: number) => Promise.race([copies.reached(copied), failed]);

      for (const [i, victim] of mode.victims.entries()) {
        await until(((i + random()) / mode.victims.length) * total);
        if (victim === 'broker') {
          await broker.kill();
          await broker.startAgain();
        } else {
          const which = Math.floor(random() * copiers.length);
          await copiers[which]?.stop('SIGKILL');
          start(which);
        }
        t.diagnostic(`${victim} killed: ${copies.perPartition} of ${sent} copied`);
      }
      await until(total);
      for (const copier of copiers) {
        const { code, stderr } = await copier.stop();
        // 143 for SIGTERM; it ends by itself when a rebalance leaves it nothing to do.
        assert.ok(code === 143 || code === 0, `${code}: ${stderr}`);
      }
      reading.abort();
      await follow;
      const whole = new Copies(mode.partitions);
      const all = { topic: OUTPUT, from: 'earliest', toEnd: true, readCommitted: true } as const;
      for await (const message of kafka.consume(all)) whole.note(message.partition, message.text());
      assert.deepEqual(whole.perPartition, sent);
    });
  }
});
