// What a transform can be told, and what it does where it is not told.

import type { Bytes } from '../bytes.ts';
import type { GroupOptions } from '../group/options.ts';
import { invalidOption, requireNumbers } from '../option-checks.ts';
import type { ProducerOptions } from '../producer/options.ts';

export interface TransformOptions<Value = Buffer, Key = Buffer, OutValue = Bytes, OutKey = Bytes> {
  /** Whose member reads what: see `kafka.group()`. Offsets are committed with the transactions, and in no other way. */
  readonly from: Omit<GroupOptions<Value, Key>, 'autoCommit' | 'readCommitted' | 'signal'>;
  /**
   * How records are written: see `kafka.producer()`. Its `transactionalId` names this process among those of the group,
   * over restarts: two that run at the same time need two.
   */
  readonly to: ProducerOptions<OutValue, OutKey> & { readonly transactionalId: string };
  /**
   * How long a transaction gathers before it is committed, in ms: what readers of committed records wait for at most.
   * Default 100.
   */
  readonly commitIntervalMs?: number;
  /** A transaction is committed as soon as it holds so many messages. Default 10,000. */
  readonly maxMessages?: number;
  /** Ends the transform when it is done with the messages in hand, and their transaction is committed. */
  readonly signal?: AbortSignal;
  /** Told of each transaction that was aborted and is done again, with why. */
  readonly onAborted?: (cause: unknown) => void;
}

/** What of TransformOptions is the transform's own, with every default filled in. */
export interface TransformSettings {
  readonly commitIntervalMs: number;
  readonly maxMessages: number;
  readonly onAborted: (cause: unknown) => void;
}

/** Throws KlammError INVALID_CONFIG where an option is not what it has to be. */
export function transformSettings<Value, Key, OutValue, OutKey>(
  options: TransformOptions<Value, Key, OutValue, OutKey>,
): TransformSettings {
  const { commitIntervalMs = 100, maxMessages = 10_000, onAborted = () => {} } = options;
  requireNumbers({ commitIntervalMs }, 0);
  requireNumbers({ maxMessages }, 1);
  if (typeof options.to.transactionalId !== 'string' || options.to.transactionalId === '') {
    throw invalidOption('`to.transactionalId` is missing: it names this process among those of the group.');
  }
  return { commitIntervalMs, maxMessages, onAborted };
}
