// The transactional ids of one partition of `__transaction_state`, as a machine.
//
// A transaction ends in two steps, each a record: that it is decided, and that its markers are written everywhere.
// Between the two the machine hands the transaction to whoever writes markers, and keeps whoever asks for the next
// thing waiting. Synchronous; replaying its records gives the same machine.
// org.apache.kafka.coordinator.transaction.TransactionCoordinator and TransactionStateManager.

import { ErrorCode } from '@klamm/protocol/error-codes';
import { Deadlines } from '../deadlines.ts';
import type { Machines } from '../runtime.ts';
import { answer, NO_STEP, type Reply, type Respond, reply, type Step, together } from '../step.ts';
import {
  judgeAdd,
  judgeEnd,
  judgeInit,
  type Refused,
  type TransactionOwner,
  writeProblem,
} from './judgements.ts';
import {
  decodeTransaction,
  EPOCH_PER_TRANSACTION,
  isDecided,
  recordOf,
  STATE_NAMES,
  type TopicPartition,
  type Transaction,
  type TransactionRecord,
  TransactionState,
  tombstoneOf,
} from './transaction.ts';
import { completed, created, decided, initialized, isExhausted, withPartitions } from './transitions.ts';

export interface TransactionShardOptions {
  /** `transaction.max.timeout.ms`, `transactional.id.expiration.ms`. */
  readonly timeoutMaxMs: number;
  readonly idExpirationMs: number;
  /** An id no producer ever had; undefined where none is at hand just now. */
  readonly newProducerId: () => number | undefined;
  /** Told of each transaction whose end is decided, once that is durable. */
  readonly writeMarkers: Respond<Transaction>;
}

export interface InitRequest {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** What the producer has, where it goes on after an error (KIP-360). */
  readonly expected: { readonly producerId: number; readonly producerEpoch: number } | undefined;
}

export interface EndRequest extends TransactionOwner {
  readonly committed: boolean;
  /** `transaction.version` of the client. */
  readonly clientVersion: number;
}

export interface ProducerAnswer {
  readonly errorCode: number;
  readonly producerId: number;
  readonly producerEpoch: number;
}

type TransactionStep = Step<TransactionRecord>;
/** Asks again, when the transaction has ended, or when it is given up to wait for that. */
interface Waiting {
  again(now: number): TransactionStep;
  giveUp(): TransactionStep;
}

/** How long to wait before what could not be done, such as writing markers, is tried again, in ms. */
const AGAIN_MS = 1000;
const NO_PRODUCER = { producerId: -1, producerEpoch: -1 };

/** When a transactional id is due for something; one for all its transactions, so that what is over leaves nothing. */
class Due {
  readonly transactionalId: string;
  deadline = Number.POSITIVE_INFINITY;

  constructor(transactionalId: string) {
    this.transactionalId = transactionalId;
  }
}

export class TransactionShard implements Machines<TransactionRecord> {
  readonly #options: TransactionShardOptions;
  readonly #transactions = new Map<string, Transaction>();
  readonly #waiting = new Map<string, Waiting[]>();
  /** Who asked for the end of a transaction whose markers are being written. */
  readonly #ending = new Map<string, Respond<ProducerAnswer>>();
  readonly #due = new Map<string, Due>();
  readonly #deadlines = new Deadlines<Due>();

  constructor(options: TransactionShardOptions) {
    this.#options = options;
  }

  get deadline(): number {
    return this.#deadlines.next;
  }

  replay(key: Buffer, value: Buffer | null): void {
    const found = decodeTransaction(key, value);
    if (found === undefined) return;
    const { transactionalId, transaction } = found;
    if (transaction === null || transaction.state === TransactionState.dead)
      this.#transactions.delete(transactionalId);
    else this.#transactions.set(transactionalId, transaction);
  }

  /** No transaction writes to this log. */
  transactionEnded(): void {}

  loaded(now: number): void {
    for (const transaction of this.#transactions.values()) {
      this.#keep(transaction);
      if (isDecided(transaction)) this.#dueAt(transaction.transactionalId, now);
    }
  }

  expire(now: number): TransactionStep {
    const steps: TransactionStep[] = [];
    for (;;) {
      const due = this.#deadlines.takeDue(now);
      if (due === undefined) return together(steps);
      this.#due.delete(due.transactionalId);
      const transaction = this.#transactions.get(due.transactionalId);
      if (transaction === undefined) continue;
      if (isDecided(transaction)) steps.push(this.#writeMarkers(transaction));
      if (transaction.state !== TransactionState.ongoing) continue;
      const aborted = this.#abort(transaction, now);
      if (aborted === undefined) this.#dueAt(due.transactionalId, now + AGAIN_MS);
      else steps.push(aborted);
    }
  }

  init(request: InitRequest, respond: Respond<ProducerAnswer>, now: number): TransactionStep {
    const { transactionalId, timeoutMs, expected } = request;
    const transaction = this.#transactions.get(transactionalId);
    const refuse = ({ errorCode }: Refused): TransactionStep =>
      answer(respond, { errorCode, ...NO_PRODUCER });
    if (timeoutMs <= 0 || timeoutMs > this.#options.timeoutMaxMs)
      return refuse({ errorCode: ErrorCode.INVALID_TRANSACTION_TIMEOUT });
    const judgement = transaction === undefined ? 'rotate' : judgeInit(transaction, expected);
    const again = (later: number): TransactionStep => this.init(request, respond, later);
    if (judgement === 'wait') return this.#wait(transactionalId, again, refuse);
    if (judgement === 'abortFirst' && transaction !== undefined) {
      const aborted = this.#abort(transaction, now);
      if (aborted === undefined) return refuse({ errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS });
      this.#wait(transactionalId, again, refuse);
      return aborted;
    }
    if (typeof judgement === 'object' && 'errorCode' in judgement) return refuse(judgement);
    if (typeof judgement === 'object' && transaction !== undefined) {
      const producer = { producerId: transaction.producerId, ...judgement };
      return this.#given(initialized(transaction, producer, timeoutMs, now), respond);
    }
    const producerId = this.#options.newProducerId();
    if (producerId === undefined) return refuse({ errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS });
    if (transaction === undefined)
      return this.#given(created(transactionalId, producerId, timeoutMs, now), respond);
    const lastProducerEpoch = expected === undefined ? -1 : transaction.producerEpoch;
    const producer = { producerId, producerEpoch: 0, lastProducerEpoch };
    return this.#given(initialized(transaction, producer, timeoutMs, now), respond);
  }

  addPartitions(
    owner: TransactionOwner,
    partitions: readonly TopicPartition[],
    respond: Respond<number>,
    now: number,
  ): TransactionStep {
    const { transactionalId } = owner;
    const transaction = this.#transactions.get(transactionalId);
    const judgement = judgeAdd(transaction, owner, partitions);
    const refuse = ({ errorCode }: Refused): TransactionStep => answer(respond, errorCode);
    if (judgement === 'wait') {
      const again = (later: number): TransactionStep => this.addPartitions(owner, partitions, respond, later);
      return this.#wait(transactionalId, again, refuse);
    }
    if (judgement !== 'add' || transaction === undefined) return refuse(judgement as Refused);
    const next = this.#keep(withPartitions(transaction, partitions, now));
    return { records: [recordOf(next)], replies: [reply(respond, ErrorCode.NONE)] };
  }

  /** Why a partition may not be written to; NONE where it may. */
  writeProblem(owner: TransactionOwner, partition: TopicPartition): number {
    return writeProblem(this.#transactions.get(owner.transactionalId), owner, partition);
  }

  end(request: EndRequest, respond: Respond<ProducerAnswer>, now: number): TransactionStep {
    const { transactionalId, committed, clientVersion } = request;
    const transaction = this.#transactions.get(transactionalId);
    const judgement = judgeEnd(transaction, request, committed, clientVersion);
    const refuse = ({ errorCode }: Refused): TransactionStep =>
      answer(respond, { errorCode, ...NO_PRODUCER });
    if (judgement === 'wait') {
      const again = (later: number): TransactionStep => this.end(request, respond, later);
      return this.#wait(transactionalId, again, refuse);
    }
    if (judgement !== 'end' || transaction === undefined) {
      const { errorCode } = judgement as Refused;
      if (errorCode !== ErrorCode.NONE || transaction === undefined) return refuse({ errorCode });
      return answer(respond, answerOf(transaction));
    }
    const nextProducerId = clientVersion >= EPOCH_PER_TRANSACTION ? this.#idAfter(transaction) : -1;
    if (nextProducerId === undefined) return refuse({ errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS });
    // It is told when the markers are there, so that whoever it tells reads what was committed.
    this.#ending.set(transactionalId, respond);
    return this.#decide(decided(transaction, committed, clientVersion, nextProducerId, now));
  }

  /** All markers of a transaction are written: whoever asked for its end is told. */
  markersWritten(written: Transaction, now: number): TransactionStep {
    const { transactionalId } = written;
    if (this.#transactions.get(transactionalId) !== written) return NO_STEP;
    const next = this.#keep(completed(written, now));
    return { records: [recordOf(next)], replies: this.#tellEnd(next), answersEarly: true };
  }

  /** Goes on with what waited for a transaction to end. */
  resume(transactionalId: string, now: number): TransactionStep {
    return together(this.#takeAll(transactionalId).map((waiting) => waiting.again(now)));
  }

  /** Markers could not be written; they will be tried again. That the transaction is decided stays. */
  markersFailed(failed: Transaction, now: number): TransactionStep {
    const { transactionalId } = failed;
    if (this.#transactions.get(transactionalId) !== failed) return NO_STEP;
    this.#dueAt(transactionalId, now + AGAIN_MS);
    const given = this.#takeAll(transactionalId).map((waiting) => waiting.giveUp());
    return together([{ records: [], replies: this.#tellEnd(completed(failed, now)) }, ...given]);
  }

  /** Forgets transactional ids that nobody has used for long. */
  expireIds(now: number): TransactionStep {
    const records: TransactionRecord[] = [];
    for (const [transactionalId, { state, updateTimestamp }] of this.#transactions) {
      const isOver =
        state === TransactionState.empty ||
        state === TransactionState.completeCommit ||
        state === TransactionState.completeAbort;
      if (!isOver || updateTimestamp > now - this.#options.idExpirationMs) continue;
      this.#transactions.delete(transactionalId);
      this.#due.delete(transactionalId);
      records.push(tombstoneOf(transactionalId));
    }
    return { records, replies: [] };
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId);
  }

  all(): Iterable<Transaction> {
    return this.#transactions.values();
  }

  /**
   * Aborts an open transaction whose producer is fenced off: it took too long, or another took over. The epoch of the end
   * does both, so that one who took too long can go on with it; whoever takes over is given the one after. Undefined
   * where it takes a producer id, and none is at hand.
   */
  #abort(transaction: Transaction, now: number): TransactionStep | undefined {
    const nextProducerId = this.#idAfter(transaction);
    if (nextProducerId === undefined) return undefined;
    return this.#decide(decided(transaction, false, EPOCH_PER_TRANSACTION, nextProducerId, now));
  }

  /** The id to go on with after an end that takes an epoch; -1 for the same, undefined where none is at hand. */
  #idAfter({ producerEpoch }: Transaction): number | undefined {
    return isExhausted(producerEpoch) ? this.#options.newProducerId() : -1;
  }

  #decide(transaction: Transaction): TransactionStep {
    const next = this.#keep(transaction);
    return { records: [recordOf(next)], replies: this.#writeMarkers(next).replies };
  }

  #writeMarkers(transaction: Transaction): TransactionStep {
    return answer(this.#options.writeMarkers, transaction);
  }

  #given(transaction: Transaction, respond: Respond<ProducerAnswer>): TransactionStep {
    const next = this.#keep(transaction);
    return { records: [recordOf(next)], replies: [reply(respond, answerOf(next))] };
  }

  #keep(transaction: Transaction): Transaction {
    const { transactionalId, state, startTimestamp, timeoutMs } = transaction;
    this.#transactions.set(transactionalId, transaction);
    // The markers of one that is decided are on their way.
    const isOpen = state === TransactionState.ongoing;
    this.#dueAt(transactionalId, isOpen ? startTimestamp + timeoutMs : Number.POSITIVE_INFINITY);
    return transaction;
  }

  #tellEnd(transaction: Transaction): Reply[] {
    const respond = this.#ending.get(transaction.transactionalId);
    this.#ending.delete(transaction.transactionalId);
    return respond === undefined ? [] : [reply(respond, answerOf(transaction))];
  }

  #dueAt(transactionalId: string, deadline: number): void {
    let due = this.#due.get(transactionalId);
    if (due === undefined) {
      if (deadline === Number.POSITIVE_INFINITY) return;
      due = new Due(transactionalId);
      this.#due.set(transactionalId, due);
    }
    due.deadline = deadline;
    this.#deadlines.note(due);
  }

  #wait(
    transactionalId: string,
    again: Waiting['again'],
    refuse: (refused: Refused) => TransactionStep,
  ): TransactionStep {
    const giveUp = (): TransactionStep => refuse({ errorCode: ErrorCode.CONCURRENT_TRANSACTIONS });
    this.#waiting.set(transactionalId, [...(this.#waiting.get(transactionalId) ?? []), { again, giveUp }]);
    return NO_STEP;
  }

  #takeAll(transactionalId: string): Waiting[] {
    const all = this.#waiting.get(transactionalId) ?? [];
    this.#waiting.delete(transactionalId);
    return all;
  }
}

/** The name of a state, as the tools' requests have it. */
export function nameOfState(state: TransactionState): string {
  return STATE_NAMES[state] ?? '';
}

function answerOf({ producerId, producerEpoch }: Transaction): ProducerAnswer {
  return { errorCode: ErrorCode.NONE, producerId, producerEpoch };
}
