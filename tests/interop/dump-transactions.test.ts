// Apache Kafka's DumpLogSegments reads every file after transactions: committed, aborted, interleaved and left open, over
// several segments, in logs that were compacted, in `__transaction_state` and in the offsets of a group.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Admin } from '@klamm/client/admin/admin';
import { Kafka } from '@klamm/client/client';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { LogDumper } from './log-dumper.ts';
import { RawTransactions } from './raw-transactions.ts';

const java = await usePeer(getJava);
const MIB = 1_048_576;
const TRANSACTIONS = 60;
const RECORDS = 5;
const RECORD_BYTES = 20_000;
const COMPACTION_DEADLINE_MS = 60_000;
const KEYS = 9;
const [COMMITTED, ABORTED] = ['in-a-committed-one', 'in-an-aborted-one'];
const GROUP = 'dumped-group';
const settings = {
  'log.cleaner.backoff.ms': '200',
  'log.cleaner.min.cleanable.ratio': '0.0001',
  'log.cleaner.delete.retention.ms': '600000',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
};

interface Span {
  /** Offsets of the first record and of the marker. */
  readonly first: number;
  readonly marker: number;
}

/** What was written to the log that nobody compacts. */
interface Written {
  readonly committed: readonly Span[];
  readonly aborted: readonly Span[];
  /** The first record of the transaction that is still open, and whose it is. */
  readonly open: { readonly first: number; readonly producerId: number };
}

/** Sends transactions to a log nobody compacts and to one that is compacted; every third is aborted. */
async function writeInTurn(kafka: Kafka): Promise<Pick<Written, 'committed' | 'aborted'>> {
  const value = 'x'.repeat(RECORD_BYTES);
  const [committed, aborted]: [Span[], Span[]] = [[], []];
  await using producer = kafka.producer({ transactionalId: 'in-turn' });
  for (let i = 0; i < TRANSACTIONS; i++) {
    const isAborted = i % 3 === 1;
    const txn = await producer.begin();
    const kept = Array.from({ length: RECORDS }, (_, n) => ({
      topic: 'kept',
      key: `k${(i + n) % KEYS}`,
      value,
      headers: { [isAborted ? ABORTED : COMMITTED]: '' },
    }));
    const [first] = await txn.sendBatch(kept.map(({ key }) => ({ topic: 'ledger', key, value })));
    await txn.sendBatch(kept);
    await txn.sendOffsets(GROUP, [{ topic: 'ledger', partition: 0, offset: i }]);
    const span = { first: first?.offset ?? -1, marker: (first?.offset ?? -1) + RECORDS };
    if (isAborted) {
      await txn.abort();
      aborted.push(span);
    } else {
      await txn.commit();
      committed.push(span);
    }
  }
  return { committed, aborted };
}

/** Makes the coordinators' logs, and has them rolled by time: their segments cannot be small enough to be by size. */
async function rollOften(kafka: Kafka, admin: Admin): Promise<void> {
  await using producer = kafka.producer({ transactionalId: 'first' });
  await producer.transaction((txn) => txn.sendOffsets(GROUP, [{ topic: 'ledger', partition: 0, offset: 0 }]));
  for (const topic of ['__transaction_state', '__consumer_offsets'])
    await admin.alterConfigs({ topic }, { 'segment.ms': 100 });
}

/** Two transactions in each other's way, one of them aborted, and a third that stays open. */
async function writeInterleaved(
  bootstrap: string,
  admin: Admin,
): Promise<{ committed: Span; aborted: Span; open: Written['open'] }> {
  const ledger = { topic: 'ledger', partition: 0 };
  using transactions = await RawTransactions.open(bootstrap, admin);
  const begin = async (name: string) => {
    const producer = await transactions.producer(name);
    await transactions.add(producer, ledger);
    return { producer, first: await transactions.write(producer, ledger, name) };
  };
  const aborted = await begin('aborted');
  const committed = await begin('committed');
  const open = await begin('open');
  assert.equal(await transactions.end(committed.producer, true), 'NONE');
  assert.equal(await transactions.end(aborted.producer, false), 'NONE');
  return {
    committed: { first: committed.first, marker: open.first + 1 },
    aborted: { first: aborted.first, marker: open.first + 2 },
    open: { first: open.first, producerId: open.producer.producerId },
  };
}

/** Resolves when the one log is compacted up to its last segment, and those of the coordinators are somewhat. */
async function untilCompacted(directory: string): Promise<void> {
  const bases = readdirSync(join(directory, 'kept-0')).filter((name) => name.endsWith('.log'));
  const upTo = Number.parseInt(bases.sort().at(-1) ?? '', 10);
  const file = join(directory, 'cleaner-offset-checkpoint');
  const deadline = performance.now() + COMPACTION_DEADLINE_MS;
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const compacted = (name: string): number =>
      Number(new RegExp(`^${name} 0 (\\d+)$`, 'm').exec(text)?.[1] ?? -1);
    const others = Math.min(compacted('__transaction_state'), compacted('__consumer_offsets'));
    if (compacted('kept') >= upTo && others > 0) return;
    assert.ok(performance.now() < deadline, `not compacted in time:\n${text}`);
    await wait(100);
  }
}

suite('DumpLogSegments after transactions', { skip: java.skip, timeout: 240_000 }, () => {
  let broker: Broker;
  let written: Written;
  let dumper: LogDumper;
  before(async () => {
    java.get();
    broker = await startKlamm({ settings });
    assert.ok(broker.dataDirectory, 'this test needs the data directory of the broker');
    const kafka = new Kafka({ brokers: broker.bootstrap });
    await using admin = kafka.admin();
    const configs = { 'segment.bytes': MIB };
    await admin.createTopic({ name: 'ledger', partitions: 1, configs });
    await admin.createTopic({
      name: 'kept',
      partitions: 1,
      configs: { ...configs, 'cleanup.policy': 'compact' },
    });
    await rollOften(kafka, admin);
    const inTurn = await writeInTurn(kafka);
    const interleaved = await writeInterleaved(broker.bootstrap, admin);
    written = {
      committed: [...inTurn.committed, interleaved.committed],
      aborted: [...inTurn.aborted, interleaved.aborted],
      open: interleaved.open,
    };
    await untilCompacted(broker.dataDirectory);
    await broker.stop();
    dumper = new LogDumper(java.get(), broker.dataDirectory);
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  /** The numbers that a line gives under these names. */
  function numbersIn(line: string, ...names: string[]): number[] {
    return names.map((name) => Number(new RegExp(`\\b${name}: (-?\\d+)`).exec(line)?.[1]));
  }

  const byFirst = (a: Span, b: Span): number => a.first - b.first;

  test('every record and marker of a log of several segments', async () => {
    const files = dumper.files(/\.log$/, /^ledger-0$/);
    assert.ok(files.length >= 5, `${files.length} segments`);
    const dumped = await dumper.dump(files, '--deep-iteration');
    const lines = [...dumped.values()].flat();
    const markers = (type: string): number[] =>
      lines
        .filter((line) => line.includes(`endTxnMarker: ${type} coordinatorEpoch: `))
        .flatMap((line) => numbersIn(line, 'offset'));
    const offsetsOf = (spans: readonly Span[]): number[] =>
      spans.map(({ marker }) => marker).sort((a, b) => a - b);
    assert.deepEqual(markers('COMMIT'), offsetsOf(written.committed));
    assert.deepEqual(markers('ABORT'), offsetsOf(written.aborted));
    const batches = lines.filter((line) => line.startsWith('baseOffset'));
    assert.ok(batches.every((line) => line.includes('isTransactional: true')));
    const count = written.committed.length + written.aborted.length;
    assert.equal(batches.filter((line) => line.includes('isControl: true')).length, count);
  });

  test('the aborted transactions of each segment, exactly', async () => {
    const dumped = await dumper.dump(dumper.files(/\.txnindex$/, /^ledger-0$/));
    const found: Span[] = [];
    for (const [path, lines] of dumped) {
      const base = Number(/(\d{20})\.txnindex$/.exec(path)?.[1]);
      for (const line of lines) {
        assert.match(line, /^version: 0 producerId: \d+ /);
        const [first = -1, marker = -1, stable = -1] = numbersIn(
          line,
          'firstOffset',
          'lastOffset',
          'lastStableOffset',
        );
        assert.ok(marker >= base, 'an entry is in the segment of its marker');
        assert.ok(stable <= marker + 1 && stable >= first, line);
        found.push({ first, marker });
      }
    }
    assert.deepEqual(found.sort(byFirst), [...written.aborted].sort(byFirst));
  });

  test('the snapshot of producers knows the transaction that is open', async () => {
    const dumped = await dumper.dump(dumper.files(/\.snapshot$/, /^(?!__cluster).*-\d+$/));
    const [, last = []] = [...dumped].filter(([path]) => path.includes('/ledger-0/')).at(-1) ?? [];
    const open = last.filter((line) => !line.includes('currentTxnFirstOffset: OptionalLong.empty'));
    assert.equal(open.length, 1, last.join('\n'));
    const { producerId, first } = written.open;
    assert.match(
      open[0] ?? '',
      new RegExp(`^producerId: ${producerId} .*currentTxnFirstOffset: OptionalLong\\[${first}\\] `),
    );
  });

  test('every index of every log, entry by entry', async () => {
    const indexes = dumper.files(/\.(index|timeindex)$/, /-\d+$/);
    await dumper.dump(indexes);
    for (const [path, lines] of await dumper.dump(indexes, '--index-sanity-check')) {
      assert.match(lines.join('\n'), /^\S+ (passed sanity check|is empty)\.$/, path);
    }
    for (const [path, lines] of await dumper.dump(indexes, '--verify-index-only')) {
      assert.match(lines.join('\n'), /^(\S+ is empty\.)?$/, path);
    }
    await dumper.dump(dumper.files(/\.txnindex$/, /-\d+$/), '--verify-index-only');
  });

  test('a compacted log has lost what was aborted, and kept the markers', async () => {
    const files = dumper.files(/\.log$/, /^kept-0$/);
    const dumped = [...(await dumper.dumpCompacted(files, '--deep-iteration')).values()];
    const records = dumped.map((lines) => lines.filter((line) => line.startsWith('|')));
    const uncompacted = records.pop() ?? [];
    const compacted = records.flat();
    assert.ok(compacted.filter((line) => line.includes(`headerKeys: [${COMMITTED}]`)).length >= KEYS);
    assert.equal(
      compacted.find((line) => line.includes(`headerKeys: [${ABORTED}]`)),
      undefined,
    );
    const abortsIn = (lines: readonly string[]): number[] =>
      lines
        .filter((line) => line.includes('endTxnMarker: ABORT'))
        .flatMap((line) => numbersIn(line, 'offset'));
    // Those without any batch left need no entry any more.
    const indexes = await dumper.dump(dumper.files(/\.txnindex$/, /^kept-0$/));
    const indexed = [...indexes.values()].flat().flatMap((line) => numbersIn(line, 'lastOffset'));
    const aborts = [...abortsIn(compacted), ...abortsIn(uncompacted)];
    assert.deepEqual(
      indexed.filter((offset) => !aborts.includes(offset)),
      [],
    );
    assert.deepEqual(
      abortsIn(uncompacted).filter((offset) => !indexed.includes(offset)),
      [],
    );
  });

  /** The records of a log as a decoder prints them: the last one of each key. */
  async function lastOfEachKey(directories: RegExp, decoder: string): Promise<Map<string, string>> {
    const files = dumper.files(/\.log$/, directories);
    assert.ok(files.length > 1, 'it was rolled');
    const lines = [...(await dumper.dumpCompacted(files, decoder)).values()].flat();
    return new Map(
      lines.flatMap((line) => {
        const [, key, payload] = / key: (.*) payload: (.*)$/.exec(line) ?? [];
        return key === undefined || payload === undefined ? [] : [[key, payload]];
      }),
    );
  }

  test('the log of transactions, to where each of them stands', async () => {
    const last = await lastOfEachKey(/^__transaction_state-0$/, '--transaction-log-decoder');
    const states = Array.from(last, ([key, payload]) => {
      const { type, data: name } = JSON.parse(key);
      const { data } = JSON.parse(payload);
      assert.equal(type, '0');
      return [name.transactionalId, data.transactionStatus, data.clientTransactionVersion ?? 0];
    });
    const [ongoing, completeCommit, completeAbort] = [1, 4, 5];
    assert.deepEqual(states.sort(), [
      ['aborted', completeAbort, 0],
      ['committed', completeCommit, 0],
      ['first', completeCommit, 2],
      ['in-turn', completeCommit, 2],
      ['open', ongoing, 0],
    ]);
    const open = JSON.parse(last.get('{"type":"0","data":{"transactionalId":"open"}}') ?? '{}').data;
    assert.equal(open.producerId, written.open.producerId);
    assert.deepEqual(open.transactionPartitions, [{ topic: 'ledger', partitionIds: [0] }]);
  });

  test('the offsets of a group that were committed with transactions', async () => {
    const last = await lastOfEachKey(/^__consumer_offsets-0$/, '--offsets-decoder');
    const payload = last.get(`{"type":"1","data":{"group":"${GROUP}","topic":"ledger","partition":0}}`);
    assert.equal(JSON.parse(payload ?? '{}').data.offset, TRANSACTIONS - 1);
  });

  test('Apache Kafka and Klamm read the same records from them', async () => {
    const read = async (start: () => Promise<Broker>): Promise<string[]> => {
      await using reopened = await start();
      const kafka = new Kafka({ brokers: reopened.bootstrap });
      const found: string[] = [];
      for (const topic of ['kept', 'ledger']) {
        for (const readCommitted of [true, false]) {
          const all = { topic, from: 'earliest', toEnd: true, readCommitted } as const;
          for await (const { offset, key, headers } of kafka.consume(all))
            found.push(`${topic} ${readCommitted} ${offset} ${key} ${headers[0]?.key}`);
        }
      }
      return found;
    };
    // No cleaner may change anything in between.
    const options = {
      dataDirectory: broker.dataDirectory ?? '',
      settings: { 'log.cleaner.enable': 'false' },
    };
    const ofKlamm = await read(() => startKlamm(options));
    assert.deepEqual(await read(() => startApacheKafka(java.get(), options)), ofKlamm);
    const committed = ofKlamm.filter((line) => line.startsWith('ledger true '));
    // The last transaction has one record.
    assert.equal(committed.length, (written.committed.length - 1) * RECORDS + 1);
  });
});
