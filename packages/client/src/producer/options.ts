// What a producer can be told, what it is given and what it gives back.

import { Compression } from '@klamm/protocol/records/batch';
import { type CompressionName, compressionName } from '@klamm/protocol/records/compression';
import type { Bytes, Serde } from '../bytes.ts';
import { invalidOption, requireNumbers } from '../option-checks.ts';
import type { Partitioner } from './partitioner.ts';

export interface ProducerMessage<Value = Bytes, Key = Bytes> {
  readonly topic: string;
  /** Decides the partition, and what compaction keeps. Default null. */
  readonly key?: Key | null | undefined;
  /** null is a tombstone: on a compacted topic it deletes the key. */
  readonly value: Value | null;
  /** As an object, or as a list where keys repeat. */
  readonly headers?:
    | Readonly<Record<string, Bytes>>
    | readonly { readonly key: string; readonly value: Bytes }[];
  /** Default: the partitioner's choice. */
  readonly partition?: number;
  /** Milliseconds since the epoch, or a Date. Default: now. */
  readonly timestamp?: number | Date;
}

/** Where a record is. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1 with acks 0, or where the broker knows a repeated record but no longer its offset. */
  readonly offset: number;
  /** Milliseconds since the epoch: the record's own, or the broker's where the topic says so. */
  readonly timestamp: number;
}

export interface ProducerOptions<Value = Bytes, Key = Bytes> {
  /** Who has the record before it counts as sent: all in-sync replicas (default), the leader (1), nobody knows (0). */
  readonly acks?: 'all' | -1 | 0 | 1;
  /** Every record is stored once and in order, however often it is sent again. Default true with acks 'all'. */
  readonly idempotent?: boolean;
  /**
   * The name under which this producer's transactions go on after a restart; records can then be sent within
   * transactions only. Whoever uses the same name later fences this producer off (KIP-98).
   */
  readonly transactionalId?: string;
  /**
   * How long a transaction may be open before its coordinator aborts it, in ms; the broker allows up to its
   * `transaction.max.timeout.ms`. Default 60,000.
   */
  readonly transactionTimeoutMs?: number;
  /** How long a record waits for others, in ms. Default 0: what queues up behind the request in flight goes together. */
  readonly lingerMs?: number;
  /** Size of a batch before compression. Default 262,144. One record may be larger. */
  readonly batchBytes?: number;
  /** Requests in flight per broker, 1 to 5. Default 5. */
  readonly maxInFlight?: number;
  /** Bytes of records that may be on their way; beyond, `send` waits. Default 33,554,432. */
  readonly bufferBytes?: number;
  readonly compression?: CompressionName;
  /** gzip 1 to 9, zstd -131072 to 22. */
  readonly compressionLevel?: number;
  /** Default: murmur2 of the key as Java does; without a key, one partition per batch. */
  readonly partitioner?: 'default' | 'roundRobin' | Partitioner;
  /**
   * A record is given up after so long, whatever the reason, in ms. Default 120,000; in transactions, what
   * transactionTimeoutMs is.
   */
  readonly deliveryTimeoutMs?: number;
  /**
   * How often a batch is sent again after the broker refused it for now, as while too few replicas are in sync. Default:
   * until deliveryTimeoutMs. A lost connection and a change of leader are not counted.
   */
  readonly retries?: number;
  readonly value?: Serde<Value>;
  readonly key?: Serde<Key>;
  /** Outcomes of `enqueue`. Without `onFailed` and `outcomes()`, the next `flush` or `close` throws the first failure. */
  readonly onDelivered?: (message: ProducerMessage<Value, Key>, metadata: RecordMetadata) => void;
  readonly onFailed?: (message: ProducerMessage<Value, Key>, error: Error) => void;
}

/** ProducerOptions with every default filled in, as the rooms below need them. */
export interface ProducerSettings {
  readonly acks: -1 | 0 | 1;
  readonly idempotent: boolean;
  readonly transactional: boolean;
  readonly transactionalId: string | undefined;
  readonly transactionTimeoutMs: number;
  readonly lingerMs: number;
  readonly batchBytes: number;
  readonly maxInFlight: number;
  readonly bufferBytes: number;
  readonly compression: Compression;
  readonly compressionLevel: number | undefined;
  readonly deliveryTimeoutMs: number;
  readonly retries: number;
}

/** The most requests in flight for which a broker remembers sequence numbers. */
const IN_FLIGHT_MAX = 5;

/** Throws KlammError INVALID_CONFIG where an option is not what it has to be. */
export function producerSettings<Value, Key>(options: ProducerOptions<Value, Key>): ProducerSettings {
  const acks = options.acks === undefined || options.acks === 'all' ? -1 : options.acks;
  if (acks !== -1 && acks !== 0 && acks !== 1) {
    throw invalidOption(`\`acks\` is ${String(acks)}; it has to be 'all', 1 or 0.`);
  }
  const { idempotent = acks === -1, lingerMs = 0, batchBytes = 256 * 1024, compression = 'none' } = options;
  const {
    maxInFlight = IN_FLIGHT_MAX,
    bufferBytes = 32 * 1024 * 1024,
    retries = Number.MAX_SAFE_INTEGER,
    transactionalId,
    transactionTimeoutMs = 60_000,
  } = options;
  const transactional = transactionalId !== undefined;
  const { deliveryTimeoutMs = transactional ? transactionTimeoutMs : 120_000 } = options;
  if (idempotent && acks !== -1) {
    throw invalidOption('`idempotent` needs `acks: "all"`; leave one of the two out.');
  }
  if (transactionalId === '')
    throw invalidOption('`transactionalId` is empty; it has to be a name, or left out.');
  if (transactional && !idempotent) {
    throw invalidOption('Transactions need `acks: "all"` and `idempotent`; leave the two out.');
  }
  requireNumbers({ lingerMs, retries }, 0);
  requireNumbers({ batchBytes, maxInFlight, bufferBytes, deliveryTimeoutMs, transactionTimeoutMs }, 1);
  if (maxInFlight > IN_FLIGHT_MAX) {
    throw invalidOption(
      `\`maxInFlight\` is ${maxInFlight}; a broker keeps the order of ${IN_FLIGHT_MAX} at the most.`,
    );
  }
  const number = Compression[compression];
  if (number === undefined) {
    const names = [0, 1, 2, 3, 4].map(compressionName).join(', ');
    throw invalidOption(`\`compression\` is "${String(compression)}"; there are ${names}.`);
  }
  return {
    acks,
    idempotent,
    transactional,
    transactionalId,
    transactionTimeoutMs,
    lingerMs,
    batchBytes,
    maxInFlight,
    bufferBytes,
    compression: number,
    compressionLevel: options.compressionLevel,
    deliveryTimeoutMs,
    retries,
  };
}
