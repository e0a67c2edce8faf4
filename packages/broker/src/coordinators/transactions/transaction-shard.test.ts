// Every state of a transaction and everything that may be asked of it, by the right producer, an older, a newer and
// another one; what time does to it; and what is left of it after a restart.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, errorName } from '@klamm/protocol/error-codes';
import type { RecordBytes } from '../group-record.ts';
import type { Step } from '../step.ts';
import type { TopicPartition, Transaction, TransactionRecord } from './transaction.ts';
import { encodeTransactionRecord, recordOf, STATE_NAMES, TransactionState } from './transaction.ts';
import { type ProducerAnswer, TransactionShard } from './transaction-shard.ts';

const ID = 'payments';
const T0: TopicPartition = { topic: 't', partition: 0 };
const T1: TopicPartition = { topic: 't', partition: 1 };
const TIMEOUT_MS = 60_000;
const EXPIRATION_MS = 1_000_000;
const PRODUCER_ID = 100;
const EPOCH = 5;
const NOBODYS_ID = 77;
/** The last epoch a producer can have: the next one fences it off. */
const LAST_EPOCH = 32_766;

/** The shard, with its log, a clock of the test's, and whoever writes markers waiting for a word of the test's. */
class TestTransactions {
  readonly log: RecordBytes[] = [];
  /** Transactions whose markers are to be written. */
  markers: Transaction[] = [];
  now = 1_000_000;
  idsLeft = 1000;
  #nextId = 500;
  shard = this.#newShard();

  /** Of every answer a line: whom it is for, and what it says. */
  readonly answers: string[] = [];

  #newShard(): TransactionShard {
    return new TransactionShard({
      timeoutMaxMs: 900_000,
      idExpirationMs: EXPIRATION_MS,
      newProducerId: () => (this.idsLeft-- > 0 ? this.#nextId++ : undefined),
      writeMarkers: (transaction) => this.markers.push(transaction),
    });
  }

  /** Puts a transaction there as if it had been replayed. */
  given(fields: Partial<Transaction>): this {
    const record = recordOf({
      transactionalId: ID,
      state: TransactionState.empty,
      producerId: PRODUCER_ID,
      producerEpoch: EPOCH,
      previousProducerId: -1,
      nextProducerId: -1,
      lastProducerEpoch: -1,
      timeoutMs: TIMEOUT_MS,
      partitions: new Map(),
      startTimestamp: this.now,
      updateTimestamp: this.now,
      clientVersion: 0,
      ...fields,
    });
    this.log.push(encodeTransactionRecord(record));
    return this.restart();
  }

  restart(isCompacted = false): this {
    this.shard = this.#newShard();
    this.markers = [];
    const newest = new Map(this.log.map(({ key, value }) => [key.toString('hex'), { key, value }]));
    for (const { key, value } of isCompacted ? newest.values() : this.log) this.shard.replay(key, value);
    this.shard.loaded(this.now);
    return this;
  }

  keep(step: Step<TransactionRecord>): void {
    for (const record of step.records) this.log.push(encodeTransactionRecord(record));
    for (const { respond, body } of step.replies) (respond as (body: unknown) => void)(body);
  }

  init(expected?: { producerId: number; producerEpoch: number }, timeoutMs = TIMEOUT_MS): void {
    const request = { transactionalId: ID, timeoutMs, expected };
    this.keep(this.shard.init(request, (body) => this.#told('init', body), this.now));
  }

  add(producerId: number, producerEpoch: number, ...partitions: TopicPartition[]): void {
    const owner = { transactionalId: ID, producerId, producerEpoch };
    const respond = (errorCode: number) => void this.answers.push(`add: ${errorName(errorCode)}`);
    this.keep(this.shard.addPartitions(owner, partitions.length > 0 ? partitions : [T0], respond, this.now));
  }

  end(producerId: number, producerEpoch: number, committed: boolean, clientVersion: number): void {
    const request = { transactionalId: ID, producerId, producerEpoch, committed, clientVersion };
    this.keep(this.shard.end(request, (body) => this.#told('end', body), this.now));
  }

  #told(who: string, { errorCode, producerId, producerEpoch }: ProducerAnswer): void {
    const producer = errorCode === ErrorCode.NONE ? ` ${producerId}/${producerEpoch}` : '';
    this.answers.push(`${who}: ${errorName(errorCode)}${producer}`);
  }

  /** The markers of all that are decided are written. */
  markersWritten(): void {
    for (const transaction of this.markers.splice(0)) {
      this.keep(this.shard.markersWritten(transaction, this.now));
      this.keep(this.shard.resume(transaction.transactionalId, this.now));
    }
  }

  markersFailed(): void {
    for (const transaction of this.markers.splice(0))
      this.keep(this.shard.markersFailed(transaction, this.now));
  }

  pass(ms: number): void {
    this.now += ms;
    if (this.shard.deadline <= this.now) this.keep(this.shard.expire(this.now));
  }

  /** State, producer id and epoch; with an open transaction's partitions. */
  get standing(): string {
    const found = this.shard.get(ID);
    if (found === undefined) return 'gone';
    const places = Array.from(found.partitions, ([topic, indexes]) => ` ${topic}-${[...indexes].join('+')}`);
    return `${STATE_NAMES[found.state]} ${found.producerId}/${found.producerEpoch}${places.join('')}`;
  }

  /** What was answered since the last call. */
  get answered(): string {
    return this.answers.splice(0).join(', ');
  }
}

const OF_T0: Transaction['partitions'] = new Map([['t', new Set([0])]]);
/** Each state, as transaction.version 1 and 2 leave it. */
const STATES: Record<string, Partial<Transaction>> = {
  Empty: { state: TransactionState.empty },
  Ongoing: { state: TransactionState.ongoing, partitions: OF_T0 },
  PrepareCommit: { state: TransactionState.prepareCommit, partitions: OF_T0 },
  PrepareCommit2: { state: TransactionState.prepareCommit, partitions: OF_T0, clientVersion: 2 },
  PrepareAbort: { state: TransactionState.prepareAbort, partitions: OF_T0 },
  PrepareAbort2: { state: TransactionState.prepareAbort, partitions: OF_T0, clientVersion: 2 },
  CompleteCommit: { state: TransactionState.completeCommit },
  CompleteCommit2: { state: TransactionState.completeCommit, clientVersion: 2 },
  CompleteAbort: { state: TransactionState.completeAbort },
  CompleteAbort2: { state: TransactionState.completeAbort, clientVersion: 2 },
  Dead: { state: TransactionState.dead },
};

type Ask = (transactions: TestTransactions, producerId: number, producerEpoch: number) => void;
const REQUESTS: Record<string, Ask> = {
  init: (transactions, producerId, producerEpoch) => transactions.init({ producerId, producerEpoch }),
  add: (transactions, producerId, producerEpoch) => transactions.add(producerId, producerEpoch, T1),
  commit1: (transactions, producerId, producerEpoch) => transactions.end(producerId, producerEpoch, true, 0),
  abort1: (transactions, producerId, producerEpoch) => transactions.end(producerId, producerEpoch, false, 0),
  commit2: (transactions, producerId, producerEpoch) => transactions.end(producerId, producerEpoch, true, 2),
  abort2: (transactions, producerId, producerEpoch) => transactions.end(producerId, producerEpoch, false, 2),
};

/** What is answered: at once, or, behind `waits` or `ends`, when markers that were asked for before, or by this, are written. */
function outcomeOf(transactions: TestTransactions, ask: () => void): string {
  const before = transactions.markers.length;
  ask();
  const at = transactions.answered;
  if (at !== '') return at.replace(/^\w+: /, '');
  const how = transactions.markers.length > before ? 'ends' : 'waits';
  if (how === 'waits') transactions.pass(0);
  transactions.markersWritten();
  return `${how}, ${transactions.answered.replace(/^\w+: /, '')}`;
}

/** State, request, and what the right producer and one of the epoch before are answered. Apache Kafka 4.3's table. */
const TABLE = `
Empty          | init    | NONE 100/6       | PRODUCER_FENCED
Empty          | add     | NONE             | PRODUCER_FENCED
Empty          | commit1 | INVALID_TXN_STATE | PRODUCER_FENCED
Empty          | abort1  | INVALID_TXN_STATE | PRODUCER_FENCED
Empty          | commit2 | INVALID_TXN_STATE | PRODUCER_FENCED
Empty          | abort2  | ends, NONE 100/6 | PRODUCER_FENCED
Ongoing        | init    | ends, NONE 100/6 | PRODUCER_FENCED
Ongoing        | add     | NONE             | PRODUCER_FENCED
Ongoing        | commit1 | ends, NONE 100/5 | PRODUCER_FENCED
Ongoing        | abort1  | ends, NONE 100/5 | PRODUCER_FENCED
Ongoing        | commit2 | ends, NONE 100/6 | PRODUCER_FENCED
Ongoing        | abort2  | ends, NONE 100/6 | PRODUCER_FENCED
PrepareCommit  | init    | waits, NONE 100/6 | waits, PRODUCER_FENCED
PrepareCommit  | add     | waits, NONE      | PRODUCER_FENCED
PrepareCommit  | commit1 | waits, NONE 100/5 | PRODUCER_FENCED
PrepareCommit  | abort1  | INVALID_TXN_STATE | PRODUCER_FENCED
PrepareCommit  | commit2 | PRODUCER_FENCED  | PRODUCER_FENCED
PrepareCommit  | abort2  | PRODUCER_FENCED  | PRODUCER_FENCED
PrepareCommit2 | init    | waits, NONE 100/6 | waits, PRODUCER_FENCED
PrepareCommit2 | add     | waits, NONE      | PRODUCER_FENCED
PrepareCommit2 | commit1 | waits, NONE 100/5 | PRODUCER_FENCED
PrepareCommit2 | abort1  | INVALID_TXN_STATE | PRODUCER_FENCED
PrepareCommit2 | commit2 | PRODUCER_FENCED  | waits, NONE 100/5
PrepareCommit2 | abort2  | PRODUCER_FENCED  | INVALID_TXN_STATE
PrepareAbort   | init    | waits, NONE 100/6 | waits, PRODUCER_FENCED
PrepareAbort   | add     | waits, NONE      | PRODUCER_FENCED
PrepareAbort   | commit1 | INVALID_TXN_STATE | PRODUCER_FENCED
PrepareAbort   | abort1  | waits, NONE 100/5 | PRODUCER_FENCED
PrepareAbort   | commit2 | PRODUCER_FENCED  | PRODUCER_FENCED
PrepareAbort   | abort2  | PRODUCER_FENCED  | PRODUCER_FENCED
PrepareAbort2  | init    | waits, NONE 100/6 | waits, PRODUCER_FENCED
PrepareAbort2  | add     | waits, NONE      | PRODUCER_FENCED
PrepareAbort2  | commit1 | INVALID_TXN_STATE | PRODUCER_FENCED
PrepareAbort2  | abort1  | waits, NONE 100/5 | PRODUCER_FENCED
PrepareAbort2  | commit2 | PRODUCER_FENCED  | INVALID_TXN_STATE
PrepareAbort2  | abort2  | PRODUCER_FENCED  | waits, NONE 100/5
CompleteCommit | init    | NONE 100/6       | PRODUCER_FENCED
CompleteCommit | add     | NONE             | PRODUCER_FENCED
CompleteCommit | commit1 | NONE 100/5       | PRODUCER_FENCED
CompleteCommit | abort1  | INVALID_TXN_STATE | PRODUCER_FENCED
CompleteCommit | commit2 | INVALID_TXN_STATE | PRODUCER_FENCED
CompleteCommit | abort2  | ends, NONE 100/6 | PRODUCER_FENCED
CompleteCommit2 | init   | NONE 100/6       | PRODUCER_FENCED
CompleteCommit2 | add    | NONE             | PRODUCER_FENCED
CompleteCommit2 | commit2 | INVALID_TXN_STATE | NONE 100/5
CompleteCommit2 | abort2 | ends, NONE 100/6 | INVALID_TXN_STATE
CompleteAbort  | init    | NONE 100/6       | PRODUCER_FENCED
CompleteAbort  | add     | NONE             | PRODUCER_FENCED
CompleteAbort  | commit1 | INVALID_TXN_STATE | PRODUCER_FENCED
CompleteAbort  | abort1  | NONE 100/5       | PRODUCER_FENCED
CompleteAbort  | commit2 | INVALID_TXN_STATE | PRODUCER_FENCED
CompleteAbort  | abort2  | ends, NONE 100/6 | PRODUCER_FENCED
CompleteAbort2 | init    | NONE 100/6       | PRODUCER_FENCED
CompleteAbort2 | add     | NONE             | PRODUCER_FENCED
CompleteAbort2 | commit2 | INVALID_TXN_STATE | INVALID_TXN_STATE
CompleteAbort2 | abort2  | ends, NONE 100/6 | NONE 100/5
`;

for (const line of TABLE.trim().split('\n')) {
  const [state = '', request = '', same = '', older = ''] = line.split('|').map((cell) => cell.trim());
  test(`${state}, ${request}`, () => {
    const answered = (producerId: number, producerEpoch: number): string => {
      const transactions = new TestTransactions().given(STATES[state] ?? {});
      return outcomeOf(transactions, () => REQUESTS[request]?.(transactions, producerId, producerEpoch));
    };
    assert.equal(answered(PRODUCER_ID, EPOCH), same);
    assert.equal(answered(PRODUCER_ID, EPOCH - 1), older, 'one of the epoch before');
    const isDecidedInit = request === 'init' && state.startsWith('Prepare');
    for (const epoch of [EPOCH - 2, EPOCH + 1])
      assert.equal(
        answered(PRODUCER_ID, epoch),
        isDecidedInit ? 'waits, PRODUCER_FENCED' : 'PRODUCER_FENCED',
        `epoch ${epoch}`,
      );
    const stranger = request === 'init' ? 'PRODUCER_FENCED' : 'INVALID_PRODUCER_ID_MAPPING';
    assert.equal(answered(NOBODYS_ID, EPOCH), stranger, 'another producer id');
  });
}

test('a producer that comes without an epoch gets the next one, and with it whatever was open is over', () => {
  const expected: Record<string, string> = {
    Empty: 'NONE 100/6',
    Ongoing: 'ends, NONE 100/7',
    PrepareCommit: 'waits, NONE 100/6',
    PrepareAbort2: 'waits, NONE 100/6',
    CompleteCommit2: 'NONE 100/6',
    CompleteAbort: 'NONE 100/6',
    Dead: 'NONE 500/0',
  };
  for (const [state, outcome] of Object.entries(expected)) {
    const transactions = new TestTransactions().given(STATES[state] ?? {});
    assert.equal(
      outcomeOf(transactions, () => transactions.init()),
      outcome,
      state,
    );
    assert.match(transactions.standing, /^Empty /);
  }
});

test('nobody is found under a transactional id that is not there, or no more', () => {
  for (const transactions of [
    new TestTransactions(),
    new TestTransactions().given({ state: TransactionState.dead }),
  ]) {
    transactions.add(PRODUCER_ID, EPOCH);
    for (const clientVersion of [0, 2]) transactions.end(PRODUCER_ID, EPOCH, true, clientVersion);
    assert.equal(
      transactions.answered,
      'add: INVALID_PRODUCER_ID_MAPPING, end: INVALID_PRODUCER_ID_MAPPING, end: INVALID_PRODUCER_ID_MAPPING',
    );
    // What a producer had before it was forgotten does not stand in its way (KIP-360).
    transactions.init({ producerId: PRODUCER_ID, producerEpoch: EPOCH });
    assert.equal(transactions.answered, 'init: NONE 500/0');
  }
});

test('an InitProducerId whose answer was lost is answered alike when it is asked again, until another comes', () => {
  const transactions = new TestTransactions().given({});
  const lost = { producerId: PRODUCER_ID, producerEpoch: EPOCH };
  for (let attempt = 0; attempt < 3; attempt++) transactions.init(lost);
  assert.equal(transactions.answered, 'init: NONE 100/6, init: NONE 100/6, init: NONE 100/6');
  transactions.init();
  transactions.init(lost);
  assert.equal(transactions.answered, 'init: NONE 100/7, init: PRODUCER_FENCED');
});

test('a transaction: begun with its first partition, grown, committed, each step a record', () => {
  const transactions = new TestTransactions();
  transactions.init();
  assert.equal(transactions.answered, 'init: NONE 500/0');
  transactions.add(500, 0, T0);
  transactions.pass(10);
  transactions.add(500, 0, T0, T1);
  transactions.add(500, 0, T1);
  assert.equal(transactions.standing, 'Ongoing 500/0 t-0+1');
  assert.equal(transactions.shard.get(ID)?.startTimestamp, transactions.now - 10);
  transactions.end(500, 0, true, 2);
  assert.equal(transactions.standing, 'PrepareCommit 500/1 t-0+1');
  assert.equal(
    transactions.answered,
    'add: NONE, add: NONE, add: NONE',
    'the end is told when the markers are there',
  );
  assert.equal(transactions.markers.length, 1);
  transactions.markersWritten();
  assert.equal(transactions.answered, 'end: NONE 500/1');
  assert.equal(transactions.standing, 'CompleteCommit 500/1');
  assert.equal(transactions.log.length, 5, 'a partition that is in already is no record');
});

test('what is asked for while markers are written waits for them, and goes on in order', () => {
  const transactions = new TestTransactions().given({ state: TransactionState.ongoing, partitions: OF_T0 });
  transactions.end(PRODUCER_ID, EPOCH, true, 2);
  transactions.end(PRODUCER_ID, EPOCH, true, 2);
  transactions.add(PRODUCER_ID, EPOCH + 1, T1);
  transactions.init();
  assert.equal(transactions.answered, '');
  transactions.markersWritten();
  assert.equal(transactions.answered, 'end: NONE 100/6, end: NONE 100/6, add: NONE');
  assert.equal(
    transactions.standing,
    'PrepareAbort 100/7 t-1',
    'who takes over aborts what was begun meanwhile',
  );
  transactions.markersWritten();
  assert.equal(transactions.answered, 'init: NONE 100/8');
});

test('markers that cannot be written: who asked for the end is told that it is decided, others to ask again', () => {
  const transactions = new TestTransactions().given({ state: TransactionState.ongoing, partitions: OF_T0 });
  transactions.end(PRODUCER_ID, EPOCH, true, 2);
  transactions.add(PRODUCER_ID, EPOCH + 1, T1);
  transactions.init();
  transactions.markersFailed();
  assert.equal(
    transactions.answered,
    'end: NONE 100/6, add: CONCURRENT_TRANSACTIONS, init: CONCURRENT_TRANSACTIONS',
  );
  assert.equal(transactions.standing, 'PrepareCommit 100/6 t-0');
  transactions.pass(999);
  assert.equal(transactions.markers.length, 0);
  transactions.pass(1);
  assert.equal(transactions.markers.length, 1, 'tried again after a second');
  const [ended] = transactions.markers;
  transactions.markersWritten();
  assert.equal(transactions.standing, 'CompleteCommit 100/6');
  transactions.add(PRODUCER_ID, EPOCH + 1, T1);
  if (ended !== undefined) transactions.keep(transactions.shard.markersWritten(ended, transactions.now));
  assert.equal(transactions.standing, 'Ongoing 100/6 t-1', 'a late word of markers of before ends nothing');
});

test('a transaction that is open longer than its timeout is aborted, and its producer fenced off; others stay', () => {
  const transactions = new TestTransactions().given({ state: TransactionState.ongoing, partitions: OF_T0 });
  transactions.pass(TIMEOUT_MS - 1);
  // That it writes to more partitions does not make it younger.
  transactions.add(PRODUCER_ID, EPOCH, T1);
  assert.equal(transactions.standing, 'Ongoing 100/5 t-0+1');
  transactions.pass(1);
  assert.equal(transactions.standing, 'PrepareAbort 100/6 t-0+1');
  transactions.markersWritten();
  assert.equal(transactions.standing, 'CompleteAbort 100/6');
  transactions.answers.length = 0;
  transactions.add(PRODUCER_ID, EPOCH, T0);
  transactions.end(PRODUCER_ID, EPOCH, true, 0);
  transactions.end(PRODUCER_ID, EPOCH, true, 2);
  assert.equal(transactions.answered, 'add: PRODUCER_FENCED, end: PRODUCER_FENCED, end: INVALID_TXN_STATE');
  // It can go on where it learns of its next epoch: by aborting, or by a new beginning.
  transactions.end(PRODUCER_ID, EPOCH, false, 2);
  transactions.init({ producerId: PRODUCER_ID, producerEpoch: EPOCH });
  assert.equal(transactions.answered, 'end: NONE 100/6, init: NONE 100/6');
  transactions.pass(10 * TIMEOUT_MS);
  assert.equal(transactions.standing, 'Empty 100/6', 'what is not open has no time limit');
});

test('a time limit is the one of the last InitProducerId, and within that of the broker', () => {
  const transactions = new TestTransactions().given({});
  for (const timeoutMs of [0, -1, 900_001]) transactions.init(undefined, timeoutMs);
  assert.equal(transactions.answered, Array(3).fill('init: INVALID_TRANSACTION_TIMEOUT').join(', '));
  transactions.init(undefined, 900_000);
  transactions.add(PRODUCER_ID, EPOCH + 1);
  transactions.pass(TIMEOUT_MS);
  assert.match(transactions.standing, /^Ongoing/);
  transactions.pass(900_000 - TIMEOUT_MS);
  assert.match(transactions.standing, /^PrepareAbort/);
});

for (const [what, end] of [
  ['committed', (transactions: TestTransactions) => transactions.end(PRODUCER_ID, LAST_EPOCH, true, 2)],
  ['aborted', (transactions: TestTransactions) => transactions.end(PRODUCER_ID, LAST_EPOCH, false, 2)],
  ['aborted by time', (transactions: TestTransactions) => transactions.pass(TIMEOUT_MS)],
] as const) {
  test(`a producer id whose epochs run out, ${what}: the producer goes on with another id, a retry of the end included`, () => {
    const open = { state: TransactionState.ongoing, partitions: OF_T0, producerEpoch: LAST_EPOCH };
    const transactions = new TestTransactions().given(open);
    end(transactions);
    assert.match(
      transactions.standing,
      /^Prepare(Commit|Abort) 100\/32767 t-0$/,
      'the markers fence off the epoch',
    );
    transactions.markersWritten();
    const asked = what === 'aborted by time' ? '' : 'end: NONE 500/0';
    assert.equal(transactions.answered, asked);
    transactions.end(PRODUCER_ID, LAST_EPOCH, what === 'committed', 2);
    transactions.end(PRODUCER_ID, LAST_EPOCH - 1, what === 'committed', 2);
    assert.equal(transactions.answered, 'end: NONE 500/0, end: INVALID_PRODUCER_ID_MAPPING');
    transactions.restart();
    transactions.add(PRODUCER_ID, LAST_EPOCH);
    transactions.add(500, 0);
    assert.equal(transactions.answered, 'add: INVALID_PRODUCER_ID_MAPPING, add: NONE');
  });
}

test('a producer that begins anew with an exhausted id gets another, and the same one when it asks again', () => {
  const transactions = new TestTransactions().given({ producerEpoch: LAST_EPOCH });
  const exhausted = { producerId: PRODUCER_ID, producerEpoch: LAST_EPOCH };
  transactions.init(exhausted);
  transactions.init(exhausted);
  transactions.init({ producerId: PRODUCER_ID, producerEpoch: LAST_EPOCH - 1 });
  assert.equal(transactions.answered, 'init: NONE 500/0, init: NONE 500/0, init: PRODUCER_FENCED');
  const taken = new TestTransactions().given({
    state: TransactionState.ongoing,
    partitions: OF_T0,
    producerEpoch: LAST_EPOCH,
  });
  taken.init();
  taken.markersWritten();
  assert.equal(
    taken.answered,
    'init: NONE 500/1',
    'the open transaction ended with the id, and the next epoch is of the new one',
  );
});

test('without a producer id at hand nothing is done by halves', () => {
  const open = { state: TransactionState.ongoing, partitions: OF_T0, producerEpoch: LAST_EPOCH };
  const transactions = new TestTransactions().given(open);
  transactions.idsLeft = 0;
  transactions.init();
  transactions.end(PRODUCER_ID, LAST_EPOCH, true, 2);
  transactions.pass(TIMEOUT_MS);
  assert.equal(
    transactions.answered,
    'init: COORDINATOR_LOAD_IN_PROGRESS, end: COORDINATOR_LOAD_IN_PROGRESS',
  );
  assert.equal(transactions.standing, 'Ongoing 100/32766 t-0');
  transactions.idsLeft = 1;
  transactions.pass(1000);
  assert.equal(transactions.standing, 'PrepareAbort 100/32767 t-0', 'the time limit is looked at again');
  const fresh = new TestTransactions();
  fresh.idsLeft = 0;
  fresh.init();
  assert.deepEqual(
    [fresh.answered, fresh.standing, fresh.log.length],
    ['init: COORDINATOR_LOAD_IN_PROGRESS', 'gone', 0],
  );
});

test('transactional ids that nobody uses are forgotten after a while, with a tombstone; those in use are not', () => {
  for (const [state, fields] of Object.entries(STATES)) {
    if (state === 'Dead') continue;
    const transactions = new TestTransactions().given({ ...fields, timeoutMs: 2 * EXPIRATION_MS });
    transactions.now += EXPIRATION_MS - 1;
    transactions.keep(transactions.shard.expireIds(transactions.now));
    assert.notEqual(transactions.standing, 'gone', state);
    transactions.now += 1;
    transactions.keep(transactions.shard.expireIds(transactions.now));
    const isInUse = state.startsWith('Prepare') || state === 'Ongoing';
    assert.equal(transactions.standing === 'gone', !isInUse, state);
    transactions.restart();
    assert.equal(transactions.standing === 'gone', !isInUse, `${state}, after a restart`);
  }
});

test('after a restart a transaction is where it was: open ones have what is left of their time, decided ones are completed', () => {
  for (const isCompacted of [false, true]) {
    const transactions = new TestTransactions();
    transactions.init();
    transactions.add(500, 0, T0, { topic: 'u', partition: 3 });
    transactions.pass(TIMEOUT_MS - 10);
    transactions.restart(isCompacted);
    assert.equal(transactions.standing, 'Ongoing 500/0 t-0 u-3');
    transactions.pass(9);
    assert.match(transactions.standing, /^Ongoing/);
    transactions.pass(1);
    assert.equal(transactions.standing, 'PrepareAbort 500/1 t-0 u-3');
    transactions.restart(isCompacted);
    transactions.pass(0);
    assert.deepEqual(
      transactions.markers.map(({ producerId, producerEpoch, state }) => [producerId, producerEpoch, state]),
      [[500, 1, TransactionState.prepareAbort]],
      'the markers are written again',
    );
    transactions.markersWritten();
    assert.equal(transactions.standing, 'CompleteAbort 500/1');
    transactions.restart(isCompacted);
    assert.equal(transactions.standing, 'CompleteAbort 500/1');
    assert.equal(transactions.shard.deadline, Number.POSITIVE_INFINITY);
  }
});

test('a partition may be written to in the open transaction that has it, by its producer', () => {
  const problemOf = (fields: Partial<Transaction>, id = PRODUCER_ID, epoch = EPOCH, place = T0): string => {
    const owner = { transactionalId: ID, producerId: id, producerEpoch: epoch };
    return errorName(new TestTransactions().given(fields).shard.writeProblem(owner, place));
  };
  const open = { state: TransactionState.ongoing, partitions: OF_T0 };
  assert.equal(problemOf(open), 'NONE');
  assert.equal(problemOf(open, PRODUCER_ID, EPOCH, T1), 'TRANSACTION_ABORTABLE');
  assert.equal(problemOf(open, PRODUCER_ID, EPOCH - 1), 'PRODUCER_FENCED');
  assert.equal(problemOf(open, PRODUCER_ID, EPOCH + 1), 'PRODUCER_FENCED');
  assert.equal(problemOf(open, NOBODYS_ID), 'INVALID_PRODUCER_ID_MAPPING');
  assert.equal(problemOf({ ...open, state: TransactionState.prepareCommit }), 'CONCURRENT_TRANSACTIONS');
  for (const state of [
    TransactionState.empty,
    TransactionState.completeAbort,
    TransactionState.completeCommit,
  ])
    assert.equal(problemOf({ state }), 'TRANSACTION_ABORTABLE');
});

test('transactions that are over leave no time limits behind', () => {
  const transactions = new TestTransactions();
  transactions.init();
  for (let i = 0; i < 50; i++) {
    transactions.add(500, 0, T0);
    transactions.end(500, 0, true, 1);
    transactions.markersWritten();
    transactions.pass(10);
  }
  let looks = 0;
  for (; transactions.shard.deadline < Number.POSITIVE_INFINITY; looks++)
    transactions.pass(transactions.shard.deadline - transactions.now);
  assert.equal(looks, 1);
});
