// Transactions step by step, so that a test has them in any state it likes: at work, left alone, or in a partition that
// their coordinator was never told of. For brokers of one node.

import assert from 'node:assert/strict';
import { RawClient } from '@klamm/broker/testing/raw-client';
import type { Admin } from '@klamm/client/admin/admin';
import { Produce } from '@klamm/protocol/api/00-produce';
import { AddPartitionsToTxn } from '@klamm/protocol/api/24-add-partitions-to-txn';
import { EndTxn } from '@klamm/protocol/api/26-end-txn';
import { TxnOffsetCommit } from '@klamm/protocol/api/28-txn-offset-commit';
import { errorName } from '@klamm/protocol/error-codes';
import type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
import { BatchBuilder } from '@klamm/protocol/records/builder';

/** The last versions that name topics, and in which a transaction's partitions are added one by one. */
const ADD_VERSION = 3;
const END_VERSION = 4;
const OFFSET_VERSION = 3;
const PRODUCE_VERSION = 11;
const ALL_REPLICAS = -1;
const TIMEOUT_MS = 30_000;

export class RawTransactions implements Disposable {
  readonly #client: RawClient;
  readonly #admin: Admin;
  readonly #sequences = new Map<string, number>();

  private constructor(client: RawClient, admin: Admin) {
    this.#client = client;
    this.#admin = admin;
  }

  static async open(bootstrap: string, admin: Admin): Promise<RawTransactions> {
    const [host = '', port] = bootstrap.split(':');
    return new RawTransactions(await RawClient.open(host, Number(port)), admin);
  }

  /** A producer of that transactional id, with the newest epoch. */
  async producer(transactionalId: string): Promise<RawProducer> {
    const fenced = await this.#admin.fenceProducers([transactionalId], { transactionTimeoutMs: 900_000 });
    const producer = fenced.get(transactionalId);
    assert.ok(producer);
    return { transactionalId, ...producer };
  }

  /** Tells the coordinator that the transaction writes there. */
  async add(
    { transactionalId, producerId, producerEpoch }: RawProducer,
    place: TopicPartition,
  ): Promise<void> {
    const { resultsByTopicV3AndBelow } = await this.#client.request(AddPartitionsToTxn, ADD_VERSION, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: place.topic, partitions: [place.partition] }],
    });
    const [result] = resultsByTopicV3AndBelow[0]?.resultsByPartition ?? [];
    assert.equal(errorName(result?.partitionErrorCode ?? -1), 'NONE');
  }

  /** Writes a record, whether or not the coordinator was told; resolves with its offset. */
  async write(
    { transactionalId, producerId, producerEpoch }: RawProducer,
    { topic, partition }: TopicPartition,
    value: string,
    timestamp = Date.now(),
  ): Promise<number> {
    const key = `${producerId}/${producerEpoch}/${topic}/${partition}`;
    const baseSequence = this.#sequences.get(key) ?? 0;
    this.#sequences.set(key, baseSequence + 1);
    const builder = new BatchBuilder();
    builder.append(null, value, [], timestamp);
    const records = builder.build({ producerId, producerEpoch, baseSequence, transactional: true });
    const { responses } = await this.#client.request(Produce, PRODUCE_VERSION, {
      transactionalId,
      acks: ALL_REPLICAS,
      timeoutMs: TIMEOUT_MS,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    });
    const [result] = responses[0]?.partitionResponses ?? [];
    assert.equal(errorName(result?.errorCode ?? -1), 'NONE');
    return result?.baseOffset ?? -1;
  }

  /** Commits an offset of a group, whether or not the coordinator was told. */
  async commitOffset(
    { transactionalId, producerId, producerEpoch }: RawProducer,
    groupId: string,
    place: TopicPartition,
    offset: number,
  ): Promise<void> {
    const partitions = [
      { partitionIndex: place.partition, committedOffset: offset, committedMetadata: null },
    ];
    const { topics } = await this.#client.request(TxnOffsetCommit, OFFSET_VERSION, {
      transactionalId,
      groupId,
      producerId,
      producerEpoch,
      topics: [{ name: place.topic, partitions }],
    });
    assert.equal(errorName(topics[0]?.partitions[0]?.errorCode ?? -1), 'NONE');
  }

  /** Ends the transaction; resolves with the name of the error, `NONE` for none. */
  async end(producer: RawProducer, committed: boolean): Promise<string> {
    const { errorCode } = await this.#client.request(EndTxn, END_VERSION, { ...producer, committed });
    return errorName(errorCode);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

export interface RawProducer {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}
