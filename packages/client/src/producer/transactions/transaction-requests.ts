// What a transactional producer asks its coordinators: for its id, to add partitions and offsets, to commit or abort.
//
// Requests are sent again for as long as retryTimeoutMs where the coordinator moves, loads, or is busy with the
// transaction before; every one of them may be sent twice. It keeps nothing of the transaction. In version 2 of the
// protocol (KIP-890) partitions and offsets need not be added beforehand, and each end bumps the epoch.

import { sleep } from '@klamm/base/clock';
import type { KlammError } from '@klamm/base/errors';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { AddPartitionsToTxn } from '@klamm/protocol/api/24-add-partitions-to-txn';
import { AddOffsetsToTxn } from '@klamm/protocol/api/25-add-offsets-to-txn';
import { EndTxn } from '@klamm/protocol/api/26-end-txn';
import { TxnOffsetCommit } from '@klamm/protocol/api/28-txn-offset-commit';
import { ErrorCode, isRetriable } from '@klamm/protocol/error-codes';
import type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import type { Cluster } from '../../cluster.ts';
import { Coordinator } from '../../coordinator.ts';
import type { ConsumerGroupMetadata } from '../../group/consumer-group-metadata.ts';
import { coordinatedGroup } from '../../group/membership/group-errors.ts';
import type { OffsetToCommit } from '../../group/offset-requests.ts';
import { backOffMs } from '../../network/back-off.ts';
import type { ProducerIdentity } from '../batch.ts';
import { coordinatorError } from './transaction-errors.ts';

/** Which version of the transaction protocol is spoken: 2 from `transaction.version` 2 on. */
export type TransactionProtocol = 1 | 2;

/** The last versions of the protocol's version 1. */
const ADD_PARTITIONS_V1 = 3;
const ADD_OFFSETS_V1 = 3;
const END_V1 = 4;
const OFFSET_COMMIT_V1 = 4;
/** Told of those that were fine, where another was refused. */
const SAYS_NOTHING: ReadonlySet<number> = new Set([ErrorCode.NONE, ErrorCode.OPERATION_NOT_ATTEMPTED]);
/** The coordinator writes the markers of the transaction before: a matter of moments. */
const CONCURRENT_WAIT_MS = 20;

export class TransactionRequests {
  readonly #cluster: Cluster;
  readonly #transactionalId: string;
  readonly #coordinator: Coordinator;
  readonly #groups = new Map<string, Coordinator>();
  readonly #closing = new AbortController();

  constructor(cluster: Cluster, transactionalId: string) {
    this.#cluster = cluster;
    this.#transactionalId = transactionalId;
    this.#coordinator = new Coordinator(cluster, {
      key: transactionalId,
      keyType: 1,
      warmed: ['request'],
      errorOf: (code, said) => coordinatorError(transactionalId, code, said),
    });
  }

  close(): void {
    this.#closing.abort(coordinatorError(this.#transactionalId, ErrorCode.NETWORK_EXCEPTION, 'closed'));
    this.#coordinator.release();
    for (const group of this.#groups.values()) group.release();
  }

  /** As the coordinator's broker had it when it was connected. */
  async protocol(): Promise<TransactionProtocol> {
    const connection = await this.#cluster.retry(() => this.#coordinator.connect('request'));
    return connection.featureLevel('transaction.version') >= 2 ? 2 : 1;
  }

  /** @param expected what the producer has, to go on with a higher epoch (KIP-360) */
  async init(timeoutMs: number, expected: ProducerIdentity | undefined): Promise<ProducerIdentity> {
    const answer = await this.#ask(
      InitProducerId,
      { transactionalId: this.#transactionalId, transactionTimeoutMs: timeoutMs, ...expected },
      ({ errorCode }) => [errorCode],
    );
    return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  }

  async addPartitions(identity: ProducerIdentity, partitions: readonly TopicPartition[]): Promise<void> {
    const topics = byTopic(partitions).map(({ name, members }) => ({
      name,
      partitions: members.map(({ partition }) => partition),
    }));
    await this.#ask(
      AddPartitionsToTxn,
      {
        v3AndBelowTransactionalId: this.#transactionalId,
        v3AndBelowProducerId: identity.producerId,
        v3AndBelowProducerEpoch: identity.producerEpoch,
        v3AndBelowTopics: topics,
      },
      ({ resultsByTopicV3AndBelow }) =>
        resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) =>
          resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
        ),
      { versionMax: ADD_PARTITIONS_V1 },
    );
  }

  async commitOffsets(
    protocol: TransactionProtocol,
    identity: ProducerIdentity,
    owner: ConsumerGroupMetadata,
    offsets: readonly OffsetToCommit[],
  ): Promise<void> {
    const { groupId, memberId, generation, instanceId } = owner;
    const transaction = { transactionalId: this.#transactionalId, groupId, ...identity };
    if (protocol === 1) {
      const options = { versionMax: ADD_OFFSETS_V1 };
      await this.#ask(AddOffsetsToTxn, transaction, ({ errorCode }) => [errorCode], options);
    }
    const topics = byTopic(offsets).map(({ name, members }) => ({
      name,
      partitions: members.map(({ partition, offset, metadata = '' }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedMetadata: metadata,
      })),
    }));
    await this.#ask(
      TxnOffsetCommit,
      { ...transaction, generationId: generation, memberId, groupInstanceId: instanceId, topics },
      (answer) => answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
      protocol === 1 ? { versionMax: OFFSET_COMMIT_V1 } : {},
      this.#group(groupId),
    );
  }

  /** Resolves with the id and epoch to go on with. */
  async end(
    protocol: TransactionProtocol,
    identity: ProducerIdentity,
    committed: boolean,
  ): Promise<ProducerIdentity> {
    const answer = await this.#ask(
      EndTxn,
      { transactionalId: this.#transactionalId, ...identity, committed },
      ({ errorCode }) => [errorCode],
      protocol === 1 ? { versionMax: END_V1 } : {},
    );
    const { producerId, producerEpoch } = answer;
    return protocol === 1 || producerId < 0 ? identity : { producerId, producerEpoch };
  }

  #group(groupId: string): Coordinator {
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      group = new Coordinator(this.#cluster, { ...coordinatedGroup(groupId), warmed: ['request'] });
      this.#groups.set(groupId, group);
    }
    return group;
  }

  /** Throws KlammError for the first code that asking again does not help, or that stays for retryTimeoutMs. */
  async #ask<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: Encodable<Q>,
    codesOf: (answer: Decoded<R>) => readonly number[],
    options: { readonly versionMax?: number } = {},
    coordinator = this.#coordinator,
  ): Promise<Decoded<R>> {
    const { clock, backOff, random, retryTimeoutMs } = this.#cluster.settings;
    const { signal } = this.#closing;
    const deadline = clock.monotonic() + retryTimeoutMs;
    for (let failures = 1; ; failures++) {
      const answer = await coordinator.request(api, body, signal, options);
      const codes = codesOf(answer).filter((code) => !SAYS_NOTHING.has(code));
      const code = codes.find((each) => !isRetriable(each)) ?? codes[0];
      if (code === undefined) return answer;
      const isConcurrent = code === ErrorCode.CONCURRENT_TRANSACTIONS;
      const wait = isConcurrent ? CONCURRENT_WAIT_MS : backOffMs(backOff, failures, random);
      if (!isRetriable(code) || clock.monotonic() + wait > deadline) throw this.#refused(code);
      await sleep(clock, wait, signal);
    }
  }

  #refused(code: number): KlammError {
    return coordinatorError(this.#transactionalId, code);
  }
}

function byTopic<P extends TopicPartition>(partitions: readonly P[]): { name: string; members: P[] }[] {
  const topics = new Map<string, P[]>();
  for (const partition of partitions) {
    const members = topics.get(partition.topic);
    if (members === undefined) topics.set(partition.topic, [partition]);
    else members.push(partition);
  }
  return Array.from(topics, ([name, members]) => ({ name, members }));
}
