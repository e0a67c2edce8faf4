// A transaction as a program sees it: what is sent within it counts when it is committed, all of it or nothing.

import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { partitionText } from '@klamm/protocol/groups/topic-partition';
import type { ConsumerGroupMetadata } from '../../group/consumer-group-metadata.ts';
import type { OffsetToCommit } from '../../group/offset-requests.ts';
import { invalidOption } from '../../option-checks.ts';
import type { ProducerMessage, RecordMetadata } from '../options.ts';
import { type IntakeOptions, RecordIntake } from '../record-intake.ts';
import { stateError } from './transaction-errors.ts';
import type { TransactionState } from './transaction-state.ts';

export class Transaction<Value, Key> implements AsyncDisposable {
  readonly #state: TransactionState;
  readonly #intake: RecordIntake<Value, Key>;
  readonly #forgetFailures: () => void;
  #phase: 'open' | 'ending' | 'ended' = 'open';

  /** Use `producer.begin()` or `producer.transaction()`. */
  constructor(state: TransactionState, intake: IntakeOptions<Value, Key>) {
    this.#state = state;
    this.#forgetFailures = () => intake.outcomes.forget();
    this.#intake = new RecordIntake(
      intake,
      () => this.#check(),
      (cause) => {
        if (this.#phase === 'open') state.failed(cause);
      },
    );
  }

  /** True until it was committed or aborted. */
  get isOpen(): boolean {
    return this.#phase !== 'ended';
  }

  /**
   * As `producer.send`. The offset is final; readers of committed records see the record once the transaction commits. A
   * record that fails dooms the transaction: it can only be aborted.
   *
   * @throws KlammError INVALID_TXN_STATE after the end; what doomed the transaction; and as `producer.send`
   */
  send(message: ProducerMessage<Value, Key>): Promise<RecordMetadata> {
    return this.#intake.send(message);
  }

  /** As `producer.sendBatch`, within the transaction. */
  sendBatch(messages: readonly ProducerMessage<Value, Key>[]): Promise<RecordMetadata[]> {
    return this.#intake.sendBatch(messages);
  }

  /** As `producer.enqueue`, within the transaction: `commit` waits for the record, and throws where it failed. */
  enqueue(message: ProducerMessage<Value, Key>): boolean {
    return this.#intake.enqueue(message);
  }

  /** Resolves when more records are welcome. */
  ready(): Promise<void> {
    return this.#intake.ready();
  }

  /**
   * Commits offsets of a group with the transaction: they count when it is committed, and never when it is aborted. A
   * refusal dooms the transaction. Where a handler reads, mark the messages too once it is committed: a session begins
   * behind what the one before has marked.
   *
   * @param group a group consumer or its session, which fences off members whose partitions have gone to others
   * (KIP-447), or a group id, which fences nobody off
   * @param offsets of the next records to read
   * @throws KlammError UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, STALE_MEMBER_EPOCH, FENCED_INSTANCE_ID where the
   * partitions may be another's by now
   */
  async sendOffsets(
    group: string | ConsumerGroupMetadata,
    offsets: readonly OffsetToCommit[],
  ): Promise<void> {
    this.#check();
    for (const { offset, ...partition } of offsets) {
      if (Number.isSafeInteger(offset) && offset >= 0) continue;
      throw invalidOption(
        `The offset of ${partitionText(partition)} is ${String(offset)}; it has to be an integer of 0 or more.`,
      );
    }
    await this.#state.sendOffsets(typeof group === 'string' ? anybodyOf(group) : memberOf(group), offsets);
  }

  /**
   * Waits for all that was sent, and commits it.
   *
   * @throws KlammError what doomed the transaction, which is still to be aborted then; PRODUCER_FENCED and the like where
   * the producer is finished; TRANSACTION_OUTCOME_UNKNOWN where the coordinator could not be reached in time
   */
  async commit(): Promise<void> {
    this.#mayEnd('committed');
    this.#phase = 'ending';
    try {
      await this.#state.commit();
      this.#phase = 'ended';
    } catch (cause) {
      this.#forgetFailures();
      this.#phase = this.#state.isOpen ? 'open' : 'ended';
      throw cause;
    }
  }

  /** Gives up what was not sent yet, and aborts the rest. */
  async abort(): Promise<void> {
    this.#mayEnd('aborted');
    this.#phase = 'ending';
    try {
      await this.#state.abort();
    } finally {
      this.#forgetFailures();
      this.#phase = 'ended';
    }
  }

  /** Aborts it where it was not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#phase === 'open') await this.abort();
  }

  #check(): void {
    if (this.#phase !== 'open') {
      throw stateError(
        'Nothing can be sent within a transaction that was ended; await what is sent in it before.',
      );
    }
    this.#state.check();
  }

  #mayEnd(how: string): void {
    if (this.#phase === 'open') return;
    throw stateError(`The transaction cannot be ${how}: it was ended before.`);
  }
}

function anybodyOf(groupId: string): ConsumerGroupMetadata {
  if (groupId === '') throw invalidOption('The id of the group is empty.');
  return { groupId, memberId: '', generation: -1, instanceId: null };
}

function memberOf(owner: ConsumerGroupMetadata): ConsumerGroupMetadata {
  const { groupId, memberId, generation, instanceId } = owner;
  if (memberId !== '') return { groupId, memberId, generation, instanceId };
  throw kafkaError(
    ErrorCode.UNKNOWN_MEMBER_ID,
    `No offset can be committed: this consumer is no member of the group "${groupId}" at the moment. Abort the transaction.`,
  );
}
