// A transactional producer that sends what it is told to and repeats nothing, for tests of the broker.

import assert from 'node:assert/strict';
import { Produce } from '@klamm/protocol/api/00-produce';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { EndTxn } from '@klamm/protocol/api/26-end-txn';
import { TxnOffsetCommit } from '@klamm/protocol/api/28-txn-offset-commit';
import { errorName } from '@klamm/protocol/error-codes';
import { batchOf } from './batches.ts';
import type { RawClient } from './raw-client.ts';

export class RawTransactions {
  readonly #client: RawClient;
  readonly transactionalId: string;
  producerId = -1;
  producerEpoch = -1;
  /** By partition, as `TOPIC-N`: the next sequence of the epoch. */
  #sequences = new Map<string, number>();

  constructor(client: RawClient, transactionalId: string) {
    this.#client = client;
    this.transactionalId = transactionalId;
  }

  /** Takes an id and an epoch; every method resolves with the name of an error. */
  async init(transactionTimeoutMs = 60_000): Promise<string> {
    const { transactionalId } = this;
    const request = { transactionalId, transactionTimeoutMs };
    const { errorCode, producerId, producerEpoch } = await this.#client.request(InitProducerId, 5, request);
    this.#goOn({ producerId, producerEpoch });
    return errorName(errorCode);
  }

  /** Sends one record. */
  async send(topic: string, index: number, label: string): Promise<string> {
    const { transactionalId, producerId, producerEpoch } = this;
    const place = `${topic}-${index}`;
    const baseSequence = this.#sequences.get(place) ?? 0;
    this.#sequences.set(place, baseSequence + 1);
    const producer = { producerId, producerEpoch, baseSequence, transactional: true };
    const records = batchOf(1, { label, timestamp: Date.now(), ...producer });
    const topicData = [{ name: topic, partitionData: [{ index, records }] }];
    const body = { transactionalId, acks: -1, timeoutMs: 10_000, topicData };
    const { responses } = await this.#client.request(Produce, 12, body);
    return errorName(responses[0]?.partitionResponses[0]?.errorCode ?? -1);
  }

  async commitOffset(groupId: string, topic: string, committedOffset: number): Promise<string> {
    const { transactionalId, producerId, producerEpoch } = this;
    const { topics } = await this.#client.request(TxnOffsetCommit, 5, {
      transactionalId,
      groupId,
      producerId,
      producerEpoch,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset }] }],
    });
    return errorName(topics[0]?.partitions[0]?.errorCode ?? -1);
  }

  async end(committed: boolean): Promise<string> {
    const { transactionalId, producerId, producerEpoch } = this;
    const request = { transactionalId, producerId, producerEpoch, committed };
    const { errorCode, ...next } = await this.#client.request(EndTxn, 5, request);
    if (errorCode === 0) this.#goOn(next);
    return errorName(errorCode);
  }

  /** As the others, where no error is expected. */
  async must(outcome: Promise<string>): Promise<void> {
    assert.equal(await outcome, 'NONE');
  }

  #goOn({ producerId, producerEpoch }: { producerId: number; producerEpoch: number }): void {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.#sequences = new Map();
  }
}
