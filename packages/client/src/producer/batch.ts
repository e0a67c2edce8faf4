// A batch of a producer on its way: the bytes being built, and who waits for each of its records.
//
// A batch is open while records are appended, then sealed, then in flight as often as needed, and at last delivered
// or failed, once. It must not know of connections or leaders. Sequence numbers count records (KIP-98), so a batch
// that is too large for the broker can be split without touching its successors.

import { assert } from '@klamm/base/assert';
import { Compression, setProducer } from '@klamm/protocol/records/batch';
import { BatchBuilder, type HeaderInput, type RecordBytes } from '@klamm/protocol/records/builder';
import { recordsOf } from '@klamm/protocol/records/record';
import type { ProducerSettings } from './options.ts';

/** Who is told what became of a record; `token` is what they gave with it. */
export interface Delivery {
  delivered(token: unknown, topic: string, partition: number, offset: number, timestamp: number): void;
  failed(token: unknown, error: Error): void;
}

/** A record on its way into a batch. */
export interface Entry {
  readonly topic: string;
  readonly key: RecordBytes;
  readonly value: RecordBytes;
  readonly headers: readonly HeaderInput[];
  readonly partition: number | undefined;
  readonly timestamp: number;
  readonly acceptedAt: number;
  /** What it counts against the producer's buffer. */
  readonly bytes: number;
  readonly delivery: Delivery;
  readonly token: unknown;
  readonly flush: FlushGroup;
}

/** Records that one `flush` waits for together. */
export interface FlushGroup {
  pending: number;
  readonly waiting: (() => void)[];
}

export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export type BatchState = 'open' | 'compressing' | 'ready' | 'inFlight' | 'done';

export class ProducerBatch {
  readonly acceptedAt: number;
  readonly flush: FlushGroup;
  state: BatchState = 'open';
  /** What is sent; there once the batch is `ready`. */
  bytes: Buffer | undefined;
  /** Bytes that count against the producer's buffer. */
  heldBytes = 0;
  /** Times it was sent again after the broker refused it. */
  attempts = 0;
  baseSequence = -1;
  readonly #deliveries: Delivery[] = [];
  readonly #tokens: unknown[] = [];
  readonly #timestamps: number[] = [];
  #builder: BatchBuilder | undefined;

  constructor(capacityBytes: number, acceptedAt: number, flush: FlushGroup) {
    this.acceptedAt = acceptedAt;
    this.flush = flush;
    this.#builder = new BatchBuilder(capacityBytes);
  }

  get count(): number {
    return this.#deliveries.length;
  }

  get sizeInBytes(): number {
    return this.bytes?.length ?? this.#builder?.sizeInBytes ?? 0;
  }

  hasRoomFor(entry: Entry, limitBytes: number): boolean {
    const builder = this.#builder;
    return (
      this.state === 'open' &&
      this.flush === entry.flush &&
      builder?.hasRoomFor(limitBytes, entry.key, entry.value, entry.headers) === true
    );
  }

  append(entry: Entry): void {
    const builder = this.#builder;
    assert(builder !== undefined && this.state === 'open', 'a record is appended to a sealed batch');
    builder.append(entry.key, entry.value, entry.headers, entry.timestamp);
    this.#deliveries.push(entry.delivery);
    this.#tokens.push(entry.token);
    this.#timestamps.push(entry.timestamp);
    this.heldBytes += entry.bytes;
  }

  /**
   * Ends the appending and makes the bytes to send: at once, or, where they are compressed, later.
   *
   * @returns a promise where it takes a while; the batch is `ready` when it resolves
   */
  seal(
    settings: ProducerSettings,
    identity: ProducerIdentity | undefined,
    baseSequence: number,
  ): Promise<void> | undefined {
    const builder = this.#builder;
    assert(builder !== undefined && this.state === 'open', 'a batch is sealed twice');
    this.baseSequence = baseSequence;
    this.#builder = undefined;
    const { compression, compressionLevel, transactional } = settings;
    const options = {
      ...identity,
      baseSequence,
      transactional,
      compression,
      ...(compressionLevel === undefined ? {} : { compressionLevel }),
    };
    if (compression === Compression.none) {
      this.bytes = builder.build(options);
      this.state = 'ready';
      return undefined;
    }
    this.state = 'compressing';
    return builder.buildAsync(options).then((bytes) => {
      if (this.state !== 'compressing') return;
      this.bytes = bytes;
      this.state = 'ready';
    });
  }

  /** Gives a sealed batch that is not in flight a new producer epoch and place in its sequence. */
  restamp(identity: ProducerIdentity, baseSequence: number): void {
    assert(this.bytes !== undefined && this.state === 'ready', 'a batch is stamped while it cannot be');
    this.baseSequence = baseSequence;
    setProducer(this.bytes, 0, identity.producerId, identity.producerEpoch, baseSequence);
  }

  /** Two batches of half the records each, ready to be sent in its place. */
  split(settings: ProducerSettings, identity: ProducerIdentity | undefined): [ProducerBatch, ProducerBatch] {
    const { bytes, count } = this;
    assert(bytes !== undefined && count > 1, 'a batch of one record is split');
    const half = count >> 1;
    const parts: [ProducerBatch, ProducerBatch] = [
      new ProducerBatch(bytes.length >> 1, this.acceptedAt, this.flush),
      new ProducerBatch(bytes.length >> 1, this.acceptedAt, this.flush),
    ];
    let index = 0;
    for (const { key, value, headers, timestamp } of recordsOf(bytes, 0)) {
      const part = parts[index < half ? 0 : 1];
      part.append({
        topic: '',
        key,
        value,
        headers,
        partition: undefined,
        timestamp,
        acceptedAt: this.acceptedAt,
        bytes: 0,
        delivery: this.#deliveries[index] as Delivery,
        token: this.#tokens[index],
        flush: this.flush,
      });
      index++;
    }
    const plain = { ...settings, compression: Compression.none };
    const sequences =
      this.baseSequence < 0 ? [-1, -1] : [this.baseSequence, nextSequence(this.baseSequence, half)];
    parts[0].seal(plain, identity, sequences[0] as number);
    parts[1].seal(plain, identity, sequences[1] as number);
    parts[0].heldBytes = this.heldBytes;
    parts[1].heldBytes = 0;
    this.state = 'done';
    return parts;
  }

  /** Tells everybody where their record is. `logAppendTimeMs` is -1 where records keep their own timestamps. */
  delivered(topic: string, partition: number, baseOffset: number, logAppendTimeMs: number): void {
    this.state = 'done';
    for (let index = 0; index < this.#deliveries.length; index++) {
      const timestamp = logAppendTimeMs < 0 ? (this.#timestamps[index] as number) : logAppendTimeMs;
      const offset = baseOffset < 0 ? -1 : baseOffset + index;
      this.#deliveries[index]?.delivered(this.#tokens[index], topic, partition, offset, timestamp);
    }
  }

  failed(error: Error): void {
    this.state = 'done';
    for (let index = 0; index < this.#deliveries.length; index++) {
      this.#deliveries[index]?.failed(this.#tokens[index], error);
    }
  }
}

/** The sequence number `count` after `sequence`; it wraps from 2^31 - 1 to 0. */
export function nextSequence(sequence: number, count: number): number {
  return (sequence + count) & 0x7fffffff;
}
