// The batches of one partition that are not delivered yet, in the order in which they have to arrive.
//
// It says which batch may go next, and keeps the sequence that lets the broker recognise repeats. Order survives
// retries: idempotent batches are numbered, so a broker refuses a successor that overtakes; others go one at a time.
// A refused number means that the broker holds nothing of the batch, so the queue begins a new epoch and numbers
// what is left anew (KIP-360). It must not know of connections or of time.

import type { KlammError } from '@klamm/base/errors';
import { type Entry, nextSequence, ProducerBatch, type ProducerIdentity } from './batch.ts';
import type { ProducerSettings } from './options.ts';

const EPOCH_MAX = 0x7fff;
const CAPACITY_MIN = 256;

export class PartitionQueue {
  readonly topic: string;
  readonly index: number;
  /** Node id of the leader; -1 where it is not known. */
  leader = -1;
  /** Not delivered yet, oldest first; those in flight come before those that are not, save after a refusal. */
  readonly batches: ProducerBatch[] = [];
  inFlight = 0;
  /**
   * True once a batch under the present id and epoch was acknowledged. Until then one is sent at a time: a broker that
   * knows nothing of a producer takes any number for its first, also that of a batch whose predecessor it refused.
   */
  isKnown = false;
  /** Refusals and losses in a row. */
  failures = 0;
  lastError: KlammError | undefined;
  /** Nothing is sent before this, on the monotonic clock. */
  notBefore = 0;
  readonly #settings: ProducerSettings;
  #identity: ProducerIdentity | undefined;
  #sequence = 0;
  #isRestarting = false;
  #lastSize = CAPACITY_MIN;

  constructor(topic: string, index: number, settings: ProducerSettings) {
    this.topic = topic;
    this.index = index;
    this.#settings = settings;
  }

  /** The id and epoch that the last batches were stamped with. */
  get identity(): ProducerIdentity | undefined {
    return this.#identity;
  }

  /** Adds a record; true where a new batch was begun for it. */
  append(entry: Entry): boolean {
    const last = this.batches[this.batches.length - 1];
    if (last?.hasRoomFor(entry, this.#settings.batchBytes)) {
      last.append(entry);
      return false;
    }
    const batch = new ProducerBatch(this.#lastSize, entry.acceptedAt, entry.flush);
    batch.append(entry);
    this.batches.push(batch);
    return true;
  }

  /**
   * The batch to send next, sealed; undefined where none may go now.
   *
   * @param isEager false where only batches that are full, or were sent before, should go
   * @param onReady called later where the batch is being compressed
   */
  next(
    isEager: (batch: ProducerBatch) => boolean,
    identity: ProducerIdentity | undefined,
    onReady: (error?: unknown) => void,
  ): ProducerBatch | undefined {
    const { idempotent, maxInFlight } = this.#settings;
    if (this.inFlight >= (idempotent && this.isKnown ? maxInFlight : 1)) return undefined;
    if (this.#isRestarting || (idempotent && this.#isOutdated(identity))) {
      if (this.inFlight > 0 || !this.#restart(identity)) return undefined;
    }
    const last = this.batches.length - 1;
    for (let index = 0; index <= last; index++) {
      const batch = this.batches[index] as ProducerBatch;
      if (batch.state === 'inFlight') continue;
      if (batch.state === 'ready') return batch;
      if (batch.state !== 'open') return undefined;
      if (index === last && batch.sizeInBytes < this.#settings.batchBytes && !isEager(batch))
        return undefined;
      const isCompressing = this.#seal(batch);
      if (isCompressing === undefined) return batch;
      isCompressing.then(() => onReady(), onReady);
      return undefined;
    }
    return undefined;
  }

  /** Takes a batch that is delivered or failed out of the queue. */
  remove(batch: ProducerBatch): void {
    const index = this.batches[0] === batch ? 0 : this.batches.indexOf(batch);
    if (index === 0) this.batches.shift();
    else if (index > 0) this.batches.splice(index, 1);
  }

  /** Puts two halves in the place of a batch that was too large. */
  split(batch: ProducerBatch): void {
    const index = this.batches.indexOf(batch);
    this.batches.splice(index, 1, ...batch.split(this.#settings, this.#identity));
  }

  /** The partition's next batch to be answered, in order. */
  isFirst(batch: ProducerBatch): boolean {
    return this.batches[0] === batch;
  }

  /** Begins a new epoch once nothing is in flight; what is sealed is numbered anew. */
  restartSequence(): void {
    this.#isRestarting = true;
  }

  #isOutdated(identity: ProducerIdentity | undefined): boolean {
    const own = this.#identity;
    return (
      identity !== undefined &&
      (own?.producerId !== identity.producerId || own.producerEpoch < identity.producerEpoch)
    );
  }

  #restart(identity: ProducerIdentity | undefined): boolean {
    if (identity === undefined) return false;
    const own = this.#identity;
    // With another id, or an epoch of its transaction, there is none to go on from.
    this.#identity =
      own === undefined || this.#isOutdated(identity)
        ? identity
        : { producerId: own.producerId, producerEpoch: own.producerEpoch + 1 };
    this.#isRestarting = false;
    this.isKnown = false;
    this.#sequence = 0;
    for (const batch of this.batches) {
      if (batch.state === 'compressing') {
        // Its number is written when it is ready; wait for that.
        this.#isRestarting = true;
        return false;
      }
      if (batch.state !== 'ready') continue;
      batch.restamp(this.#identity, this.#sequence);
      this.#sequence = nextSequence(this.#sequence, batch.count);
    }
    return true;
  }

  /** True where the epoch cannot be counted up once more, and a new producer id is needed. */
  get isEpochSpent(): boolean {
    return this.#identity !== undefined && this.#identity.producerEpoch >= EPOCH_MAX;
  }

  #seal(batch: ProducerBatch): Promise<void> | undefined {
    this.#lastSize = Math.min(Math.max(batch.sizeInBytes, CAPACITY_MIN), this.#settings.batchBytes);
    const sequence = this.#settings.idempotent ? this.#sequence : -1;
    if (this.#settings.idempotent) this.#sequence = nextSequence(this.#sequence, batch.count);
    return batch.seal(this.#settings, this.#settings.idempotent ? this.#identity : undefined, sequence);
  }
}
