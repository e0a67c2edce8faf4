// Whether a batch that came back is worth sending again, and when.

import type { KlammError } from '@klamm/base/errors';
import { ErrorCode, isRetriable } from '@klamm/protocol/error-codes';
import { backOffMs } from '../network/back-off.ts';
import type { ClientSettings } from '../options.ts';
import type { ProducerBatch } from './batch.ts';
import type { ProducerSettings } from './options.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { isAboutLeader, isAboutSequence, notDelivered } from './produce-errors.ts';

/** The markers of the transaction before are being written: a matter of moments. Kafka: addPartitionsRetryBackoffMs. */
const CONCURRENT_TRANSACTIONS_WAIT_MS = 20;

type RetrySettings = Pick<
  ProducerSettings,
  'deliveryTimeoutMs' | 'retries' | 'idempotent' | 'transactional'
> & {
  readonly now: number;
  /** The batch was lost on its way: the broker did not refuse it. */
  readonly isLost: boolean;
};

/** The error to fail a refused batch with; undefined where it is worth sending again. Counts the attempt. */
export function whyGiveUp(
  queue: PartitionQueue,
  batch: ProducerBatch,
  error: KlammError,
  { deliveryTimeoutMs, retries, idempotent, transactional, now, isLost }: RetrySettings,
): KlammError | undefined {
  const code = error.errorCode;
  let allowed = retries;
  if (transactional && isAboutSequence(code)) {
    // Within a transaction numbers cannot begin anew. One that is not the first may have been refused for want of its
    // predecessor, and follows that one again.
    if (code === ErrorCode.INVALID_PRODUCER_EPOCH || queue.isFirst(batch)) return error;
  } else if (idempotent && isAboutSequence(code)) {
    allowed = Math.max(allowed, 1);
    if (queue.isFirst(batch)) batch.attempts++;
  } else if (!isLost && !isAboutLeader(code) && code !== ErrorCode.CONCURRENT_TRANSACTIONS) {
    if (!isRetriable(code)) return error;
    batch.attempts++;
  }
  if (batch.attempts > allowed) return error;
  const isOver = batch.acceptedAt + deliveryTimeoutMs <= now;
  return isOver ? notDelivered(queue.topic, queue.index, deliveryTimeoutMs, error) : undefined;
}

/** How long to wait before it is sent again, in ms. */
export function waitAfter(
  error: KlammError,
  failures: number,
  { backOff, random }: Pick<ClientSettings, 'backOff' | 'random'>,
): number {
  if (error.errorCode === ErrorCode.CONCURRENT_TRANSACTIONS) return CONCURRENT_TRANSACTIONS_WAIT_MS;
  return backOffMs(backOff, failures, random);
}
