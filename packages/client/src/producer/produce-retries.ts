// Whether a batch that a broker refused is worth sending again.

import type { KlammError } from '@klamm/base/errors';
import { ErrorCode, isRetriable } from '@klamm/protocol/error-codes';
import type { ProducerBatch } from './batch.ts';
import type { ProducerSettings } from './options.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { isAboutLeader, isAboutSequence, notDelivered } from './produce-errors.ts';

type RetrySettings = Pick<
  ProducerSettings,
  'deliveryTimeoutMs' | 'retries' | 'idempotent' | 'transactional'
> & {
  readonly now: number;
};

/** The error to fail a refused batch with; undefined where it is worth sending again. Counts the attempt. */
export function whyGiveUp(
  queue: PartitionQueue,
  batch: ProducerBatch,
  error: KlammError,
  { deliveryTimeoutMs, retries, idempotent, transactional, now }: RetrySettings,
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
  } else if (!isAboutLeader(code) && code !== ErrorCode.CONCURRENT_TRANSACTIONS) {
    if (!isRetriable(code)) return error;
    batch.attempts++;
  }
  if (batch.attempts > allowed) return error;
  const isOver = batch.acceptedAt + deliveryTimeoutMs <= now;
  return isOver ? notDelivered(queue.topic, queue.index, deliveryTimeoutMs, error) : undefined;
}
