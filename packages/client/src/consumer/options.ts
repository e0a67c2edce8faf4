// What a partition consumer can be told, and what it does where it is not told.

import type { Serde } from '../bytes.ts';
import { invalidOption, requireNumbers } from '../option-checks.ts';

/** The first record, the next one to be written, an offset, or the first record at or after a time. */
export type StartPosition = 'earliest' | 'latest' | number | Date;

/**
 * What to do where an offset is not in the log (any more): go to the end that is nearer in the log (default), to a
 * given end, or throw OFFSET_OUT_OF_RANGE.
 */
export type OutOfRangePolicy = 'nearest' | 'earliest' | 'latest' | 'error';

export interface ConsumeOptions<Value = Buffer, Key = Buffer> extends FetchOptions {
  readonly topic: string;
  /** Default: all that the topic has at the start, or those that `from` names. */
  readonly partitions?: readonly number[];
  /** Where to start, for all or by partition. Default `latest`. */
  readonly from?: StartPosition | Readonly<Record<number, StartPosition>>;
  /** True to end once everything that was there at the start has been read. Default false: goes on listening. */
  readonly toEnd?: boolean;
  readonly onOutOfRange?: OutOfRangePolicy;
  /** Ends the consumer, as `close` does. */
  readonly signal?: AbortSignal;
  readonly value?: Serde<Value>;
  readonly key?: Serde<Key>;
}

/** How to fetch. */
export interface FetchOptions {
  /** True: records of open and aborted transactions are not seen. Default false. */
  readonly readCommitted?: boolean;
  /** Bytes for which the broker waits before it answers. Default 1. */
  readonly minBytes?: number;
  /** Bytes that one answer may hold, unless the first batch is larger. Default 1,048,576. */
  readonly maxBytes?: number;
  /** How long the broker waits for `minBytes`, in ms. Default 500. */
  readonly maxWaitMs?: number;
  /** Bytes fetched ahead of the program. Default 4,194,304. */
  readonly prefetchBytes?: number;
}

/** FetchOptions with every default filled in, as the rooms below need them. */
export interface FetchSettings {
  readonly toEnd: boolean;
  readonly onOutOfRange: OutOfRangePolicy;
  readonly readCommitted: boolean;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly prefetchBytes: number;
}

const MIB = 1024 * 1024;

/** Throws KlammError INVALID_CONFIG where an option is not what it has to be. */
export function fetchSettings(
  options: FetchOptions & { readonly toEnd?: boolean; readonly onOutOfRange?: OutOfRangePolicy },
): FetchSettings {
  const { toEnd = false, onOutOfRange = 'nearest', readCommitted = false, minBytes = 1 } = options;
  const { maxBytes = MIB, maxWaitMs = 500, prefetchBytes = 4 * MIB } = options;
  if (!['nearest', 'earliest', 'latest', 'error'].includes(onOutOfRange)) {
    throw invalidOption(
      `\`onOutOfRange\` is "${onOutOfRange}"; it has to be nearest, earliest, latest or error.`,
    );
  }
  requireNumbers({ minBytes, maxBytes, prefetchBytes }, 1);
  requireNumbers({ maxWaitMs }, 0);
  return { toEnd, onOutOfRange, readCommitted, minBytes, maxBytes, maxWaitMs, prefetchBytes };
}

/** Throws INVALID_CONFIG where it is no topic's name. */
export function checkTopic(topic: unknown): string {
  if (typeof topic !== 'string' || topic === '') throw invalidOption('`topic` names no topic.');
  return topic;
}

/** Where `from` says that a partition starts. Throws INVALID_CONFIG where it says no such thing. */
export function startOf(from: ConsumeOptions['from'], partition: number): StartPosition {
  const start =
    typeof from === 'object' && !(from instanceof Date) ? (from[partition] ?? 'latest') : (from ?? 'latest');
  return checkPosition(start);
}

/** Throws INVALID_CONFIG where `start` is not a position. */
export function checkPosition(start: StartPosition): StartPosition {
  if (start === 'earliest' || start === 'latest') return start;
  if (typeof start === 'number' && Number.isSafeInteger(start) && start >= 0) return start;
  if (start instanceof Date && !Number.isNaN(start.getTime())) return start;
  throw invalidOption(`${String(start)} is not a position: "earliest", "latest", an offset or a Date is.`);
}
