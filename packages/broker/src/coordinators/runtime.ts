// Runs the machines of one coordinator partition over its log: decide, append, answer once durable.
//
// A call's step is appended as one batch, and every answer waits until all that was appended before it is durable:
// nothing is told that a crash could take back, reads included. Where the log refuses a batch, the machines may know
// what is not stored: they are forgotten and replayed from the log, and whoever waits is told to ask again. The
// runtime knows no group and no transaction. org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime.

import type { Clock, Timer } from '@klamm/base/clock';
import { messageOf } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import { ErrorCode } from '@klamm/protocol/error-codes';
import {
  forEachBatch,
  isControl,
  isTransactional,
  lastOffsetOf,
  producerIdOf,
} from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { controlRecordsOf, endTransactionMarkerOf } from '@klamm/protocol/records/control';
import { recordsOf } from '@klamm/protocol/records/record';
import type { Partition } from '../partitions/partition.ts';
import type { TransactionMarker } from '../partitions/producers.ts';
import type { GroupRecord, RecordBytes } from './group-record.ts';
import type { Respond, Step, Timed } from './step.ts';

/** The machines of one partition, behind one door. */
export interface Machines<R = GroupRecord> extends Timed<R> {
  /** A record of the log; `producerId` is that of the transaction it belongs to, -1 for none. */
  replay(key: Buffer, value: Buffer | null, producerId: number): void;
  /** A transaction that wrote to this partition has ended. */
  transactionEnded(producerId: number, committed: boolean): void;
  /** All has been replayed. */
  loaded(now: number): void;
}

export interface RuntimeOptions<M extends Machines<R>, R> {
  readonly partition: Partition;
  readonly encode: (record: R) => RecordBytes;
  readonly newMachines: () => M;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Why a call was not answered by a machine: an error code for the client, who asks again. */
type Refuse = (errorCode: number) => void;

const READ_BYTES = 1024 * 1024;
/** How long to wait before a log that could not be read, or written to, is read again, in ms. */
const RELOAD_AFTER_MS = 1000;

export class Runtime<M extends Machines<R>, R = GroupRecord> {
  readonly #options: RuntimeOptions<M, R>;
  readonly #calls = new Set<Refuse>();
  #machines: M | undefined;
  #loading: Promise<void>;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #isClosed = false;
  /** Grows when the machines are forgotten: what older ones still want to answer is void. */
  #incarnation = 0;

  constructor(options: RuntimeOptions<M, R>) {
    this.#options = options;
    this.#loading = this.#load();
  }

  /** Resolves when the log has been replayed. */
  get loading(): Promise<void> {
    return this.#loading;
  }

  /** The machines as they are, for looking only; undefined while they are loaded. */
  get machines(): M | undefined {
    return this.#machines;
  }

  /**
   * Has the machines decide, and resolves with what they answer, now or in a later step.
   *
   * @param refused the answer where they cannot: COORDINATOR_NOT_AVAILABLE or NOT_COORDINATOR
   */
  async call<Body>(
    decide: (machines: M, respond: Respond<Body>, now: number) => Step<R>,
    refused: (errorCode: number) => Body,
  ): Promise<Body> {
    if (this.#machines === undefined) await this.#loading;
    return new Promise((resolve, reject) => {
      const machines = this.#machines;
      if (machines === undefined) {
        resolve(refused(ErrorCode.NOT_COORDINATOR));
        return;
      }
      const refuse: Refuse = (errorCode) => resolve(refused(errorCode));
      this.#calls.add(refuse);
      const respond = (body: Body): void => {
        this.#calls.delete(refuse);
        resolve(body);
      };
      try {
        this.#perform(decide(machines, respond, this.#options.clock.now()));
      } catch (error) {
        // Half a step may have been applied.
        this.#calls.delete(refuse);
        reject(error);
        this.#fail(error as Error);
      }
    });
  }

  /** Has the machines do what nobody asked for: a topic is gone, offsets are too old. */
  async run(decide: (machines: M, now: number) => Step<R>): Promise<void> {
    if (this.#machines === undefined) await this.#loading;
    if (this.#machines === undefined) return;
    try {
      this.#perform(decide(this.#machines, this.#options.clock.now()));
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Answers whoever waits, and takes no more calls. */
  close(): void {
    this.#isClosed = true;
    this.#forget(ErrorCode.NOT_COORDINATOR);
  }

  /**
   * Ends a transaction that wrote to this partition: with its marker what it wrote counts, or never will. Resolves with
   * an error code when the marker is durable.
   */
  async endTransaction(marker: TransactionMarker): Promise<number> {
    if (this.#machines === undefined) await this.#loading;
    if (this.#machines === undefined) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const { partition } = this.#options;
    const appended = partition.appendMarker(marker);
    if (!('endOffset' in appended)) return appended.errorCode;
    this.#machines.transactionEnded(marker.producerId, marker.committed);
    return new Promise((resolve) => {
      partition.whenDurable(appended.endOffset, (error) => {
        if (error !== undefined) this.#fail(error);
        resolve(error === undefined ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR);
      });
    });
  }

  #perform(step: Step<R>): void {
    const { partition } = this.#options;
    const before = partition.logEndOffset;
    if (step.records.length > 0) {
      const appended = partition.appendOwn(this.#batchOf(step));
      if ('errorMessage' in appended) {
        this.#fail(new Error(appended.errorMessage ?? 'the log took no records'));
        return;
      }
    }
    this.#schedule();
    if (step.replies.length === 0 && step.records.length === 0) return;
    const incarnation = this.#incarnation;
    const reply = (error?: Error): void => {
      if (incarnation !== this.#incarnation) return;
      if (error !== undefined) this.#fail(error);
      else for (const { respond, body } of step.replies) (respond as Respond<unknown>)(body);
    };
    partition.whenDurable(step.answersEarly === true ? before : partition.logEndOffset, reply);
  }

  #batchOf({ records, producer }: Step<R>): Buffer {
    const now = this.#options.clock.now();
    const builder = new BatchBuilder();
    for (const record of records) {
      const { key, value } = this.#options.encode(record);
      builder.append(key, value, [], now);
    }
    return builder.build(producer === undefined ? {} : { ...producer, transactional: true });
  }

  /** The machines may know what the log does not have. */
  #fail(error: Error): void {
    if (this.#isClosed || this.#machines === undefined) return;
    const { partition, logger } = this.#options;
    logger.error(
      `The coordinator of ${partition.topic}-${partition.index} starts again from its log: ${messageOf(error)}`,
      { stack: error.stack ?? '' },
    );
    this.#forget(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    // Where the disk has died, it would only fail again.
    if (partition.takesRecords) this.#loading = this.#load();
    else this.#loadLater();
  }

  #loadLater(): void {
    this.#options.clock.after(RELOAD_AFTER_MS, () => {
      if (!this.#isClosed) this.#loading = this.#load();
    });
  }

  #forget(errorCode: number): void {
    this.#incarnation++;
    this.#machines = undefined;
    this.#timer?.cancel();
    this.#timerAt = Number.POSITIVE_INFINITY;
    const calls = [...this.#calls];
    this.#calls.clear();
    for (const refuse of calls) refuse(errorCode);
  }

  async #load(): Promise<void> {
    const { partition, clock, logger, newMachines } = this.#options;
    try {
      await partition.settled();
      const machines = newMachines();
      await replayLog(partition, machines);
      if (this.#isClosed) return;
      machines.loaded(clock.now());
      this.#machines = machines;
      this.#schedule();
    } catch (error) {
      if (this.#isClosed) return;
      logger.error(
        `The log of ${partition.topic}-${partition.index} cannot be replayed; what it keeps is not served: ${messageOf(error)}`,
      );
      this.#loadLater();
    }
  }

  #schedule(): void {
    const at = this.#machines?.deadline ?? Number.POSITIVE_INFINITY;
    if (at >= this.#timerAt) return;
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = clock.after(Math.max(0, at - clock.now()), () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const machines = this.#machines;
    if (machines === undefined) return;
    try {
      this.#perform(machines.expire(this.#options.clock.now()));
    } catch (error) {
      this.#fail(error as Error);
    }
  }
}

type Replayed = Pick<Machines, 'replay' | 'transactionEnded'>;

async function replayLog(partition: Partition, machines: Replayed): Promise<void> {
  let offset = partition.logStartOffset;
  while (offset < partition.highWatermark) {
    const bytes = await partition.read(offset, READ_BYTES, true, false);
    if (bytes.length === 0) return;
    const from = offset;
    forEachBatch(bytes, 0, bytes.length, (at) => {
      replayBatch(bytes, at, from, machines);
      offset = lastOffsetOf(bytes, at) + 1;
      return true;
    });
    if (offset === from) return;
  }
}

function replayBatch(bytes: Buffer, at: number, from: number, machines: Replayed): void {
  const producerId = isTransactional(bytes, at) ? producerIdOf(bytes, at) : -1;
  if (isControl(bytes, at)) {
    for (const record of controlRecordsOf(bytes, at)) {
      const marker = endTransactionMarkerOf(record);
      if (marker !== undefined) machines.transactionEnded(producerId, marker.committed);
    }
    return;
  }
  for (const { offset, key, value } of recordsOf(bytes, at)) {
    if (key !== null && offset >= from) machines.replay(key, value, producerId);
  }
}
