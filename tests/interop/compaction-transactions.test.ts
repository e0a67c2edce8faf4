// Compaction leaves of transactions exactly what Apache Kafka leaves: the same batches on both, of plain producers and of
// transactions that were committed, aborted or left open, compacted twice. Compared is what a fetch brings, batch by
// batch: offsets, headers, records, markers and their time to go, and who was aborted. The seed is printed;
// KLAMM_SEED repeats it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Random, seededRandom } from '@klamm/base/random';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { Kafka } from '@klamm/client/client';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { AddPartitionsToTxn } from '@klamm/protocol/api/24-add-partitions-to-txn';
import { EndTxn } from '@klamm/protocol/api/26-end-txn';
import { DescribeTransactions } from '@klamm/protocol/api/65-describe-transactions';
import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  forEachBatch,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastOffsetOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
} from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { recordsOf } from '@klamm/protocol/records/record';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';

const java = await usePeer(getJava);
const seed = Number(process.env.KLAMM_SEED ?? Date.now() % 1_000_000);
const TOPIC = 'compacted';
const PRODUCERS = 4;
const STEPS = 300;
const SEGMENT_BYTES = 1_048_576;
const DEADLINE_MS = 60_000;
/** Long enough for a horizon to be seen, short enough to be over at the second pass. */
const DELETE_RETENTION_MS = 1500;
const settings = { 'log.cleaner.backoff.ms': '200', 'transaction.max.timeout.ms': '900000' };
const LEFT_ALONE = '1';
const EAGER = '0.0001';

type Step =
  | {
      readonly kind: 'send';
      readonly producer: number;
      readonly records: readonly (readonly [string, string | null])[];
    }
  | { readonly kind: 'end'; readonly producer: number; readonly committed: boolean };

function stepsOf(random: Random): Step[] {
  return Array.from({ length: STEPS }, (): Step => {
    const producer = Math.floor(random() * PRODUCERS);
    if (producer > 0 && random() < 0.25) return { kind: 'end', producer, committed: random() < 0.5 };
    const records = Array.from({ length: 1 + Math.floor(random() * 20) }, (): [string, string | null] => [
      `k${Math.floor(random() ** 2 * 150)}`,
      random() < 0.1 ? null : 'x'.repeat(Math.floor(random() * 2000)),
    ]);
    return { kind: 'send', producer, records };
  });
}

/** Producer 0 is idempotent only, the others are transactional; each by one epoch for all its transactions or one for each. */
class Workers {
  readonly #client: RawClient;
  readonly #producers: { id: number; epoch: number; sequence: number; isOpen: boolean }[] = [];

  private constructor(client: RawClient) {
    this.#client = client;
  }

  static async open(client: RawClient): Promise<Workers> {
    const workers = new Workers(client);
    for (let i = 0; i < PRODUCERS; i++) {
      const transactionalId = idOf(i);
      const request = { transactionalId, transactionTimeoutMs: 900_000 };
      const { producerId, producerEpoch } = await untilDone(() => client.request(InitProducerId, 5, request));
      workers.#producers.push({ id: producerId, epoch: producerEpoch, sequence: 0, isOpen: false });
    }
    return workers;
  }

  /** Which of the producers an id is. */
  numberOf(producerId: number): number {
    return this.#producers.findIndex(({ id }) => id === producerId);
  }

  async perform(step: Step): Promise<void> {
    const producer = this.#producers[step.producer];
    assert.ok(producer);
    if (step.kind === 'end') {
      if (producer.isOpen) await this.#end(producer, step);
      return;
    }
    const transactionalId = idOf(step.producer);
    if (transactionalId !== null && !producer.isOpen) {
      await untilDone(async () => {
        const { resultsByTopicV3AndBelow: results } = await this.#client.request(AddPartitionsToTxn, 3, {
          v3AndBelowTransactionalId: transactionalId,
          v3AndBelowProducerId: producer.id,
          v3AndBelowProducerEpoch: producer.epoch,
          v3AndBelowTopics: [{ name: TOPIC, partitions: [0] }],
        });
        return { errorCode: results[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1 };
      });
      producer.isOpen = true;
    }
    const builder = new BatchBuilder();
    for (const [key, value] of step.records) builder.append(key, value, [], 1_700_000_000_000);
    const records = builder.build({
      producerId: producer.id,
      producerEpoch: producer.epoch,
      baseSequence: producer.sequence,
      transactional: transactionalId !== null,
    });
    const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }];
    const body = { transactionalId, acks: -1, timeoutMs: 10_000, topicData };
    const { responses } = await this.#client.request(Produce, 11, body);
    assert.equal(responses[0]?.partitionResponses[0]?.errorCode, 0);
    producer.sequence += step.records.length;
  }

  async #end(
    producer: { id: number; epoch: number; sequence: number; isOpen: boolean },
    step: Step,
  ): Promise<void> {
    const isOfEpochs = step.producer % 2 === 0;
    const transactionalId = idOf(step.producer) ?? '';
    const committed = step.kind === 'end' && step.committed;
    const request = { transactionalId, producerId: producer.id, producerEpoch: producer.epoch, committed };
    const ended = await untilDone(() => this.#client.request(EndTxn, isOfEpochs ? 5 : 4, request));
    // Apache Kafka answers before the marker is written, and its offset must be the same.
    await untilDone(async () => {
      const { transactionStates } = await this.#client.request(DescribeTransactions, 0, {
        transactionalIds: [transactionalId],
      });
      return { errorCode: transactionStates[0]?.transactionState.startsWith('Complete') === true ? 0 : -1 };
    });
    if (isOfEpochs) Object.assign(producer, { epoch: ended.producerEpoch, sequence: 0 });
    producer.isOpen = false;
  }
}

const idOf = (producer: number): string | null => (producer === 0 ? null : `id-${producer}`);

async function untilDone<T extends { readonly errorCode: number }>(ask: () => Promise<T>): Promise<T> {
  const patience = AbortSignal.timeout(DEADLINE_MS);
  for (;;) {
    const answer = await ask();
    if (answer.errorCode === 0) return answer;
    patience.throwIfAborted();
    await wait(10);
  }
}

/** Has the log compacted once as far as it goes, and says up to where. */
async function compact(kafka: Kafka, broker: Broker, before: number): Promise<number> {
  await using admin = kafka.admin();
  await admin.alterConfigs({ topic: TOPIC }, { 'min.cleanable.dirty.ratio': EAGER });
  const file = join(broker.dataDirectory ?? '', 'cleaner-offset-checkpoint');
  const patience = AbortSignal.timeout(DEADLINE_MS);
  let last = -1;
  for (let calm = 0; calm < 10; ) {
    await wait(300);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const offset = Number(new RegExp(`^${TOPIC} 0 (\\d+)$`, 'm').exec(text)?.[1] ?? -1);
    calm = offset > before && offset === last ? calm + 1 : 0;
    last = offset;
    patience.throwIfAborted();
  }
  await admin.alterConfigs({ topic: TOPIC }, { 'min.cleanable.dirty.ratio': LEFT_ALONE });
  return last;
}

/** A line for each batch that there is, and one for each transaction that was aborted. */
async function contentOf(client: RawClient, workers: Workers): Promise<string[]> {
  const lines: string[] = [];
  // How much one answer brings differs, and so how often one is told of each.
  const aborted = new Set<string>();
  for (const isolationLevel of [0, 1]) {
    for (let fetchOffset = 0; ; ) {
      const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 26 }];
      const topics = [{ topic: TOPIC, partitions }];
      const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 26, isolationLevel, topics };
      const { responses } = await client.request(Fetch, 12, request);
      const answer = responses[0]?.partitions[0];
      const bytes = answer?.records ?? Buffer.alloc(0);
      if (bytes.length === 0) break;
      for (const { producerId, firstOffset } of answer?.abortedTransactions ?? [])
        aborted.add(`aborted: ${workers.numberOf(producerId)} from ${firstOffset}`);
      forEachBatch(bytes, 0, bytes.length, (at) => {
        if (isolationLevel === 0) lines.push(lineOf(bytes, at, workers));
        fetchOffset = lastOffsetOf(bytes, at) + 1;
        return true;
      });
    }
  }
  return [...lines, ...[...aborted].toSorted()];
}

function lineOf(bytes: Buffer, at: number, workers: Workers): string {
  const kind = isControl(bytes, at) ? 'marker' : isTransactional(bytes, at) ? 'of a transaction' : 'plain';
  const records = isControl(bytes, at)
    ? [recordCountOf(bytes, at)]
    : [...recordsOf(bytes, at)].map(
        ({ offset, key, value }) => `${offset} ${key} ${value?.length ?? 'null'}`,
      );
  return [
    `${baseOffsetOf(bytes, at)}-${lastOffsetOf(bytes, at)} ${kind} ${attributesOf(bytes, at)}`,
    `of ${workers.numberOf(producerIdOf(bytes, at))}/${producerEpochOf(bytes, at)} from ${baseSequenceOf(bytes, at)}`,
    hasDeleteHorizon(bytes, at) ? 'will go' : 'stays',
    records.join('; '),
  ].join(', ');
}

test(`compaction leaves the same of transactions on both brokers (seed ${seed})`, {
  skip: java.skip,
  timeout: 240_000,
}, async () => {
  const steps = stepsOf(seededRandom(seed));
  const outcomes: { upTo: number; lines: string[] }[][] = [];
  for (const start of [() => startKlamm({ settings }), () => startApacheKafka(java.get(), { settings })]) {
    await using broker = await start();
    const kafka = new Kafka({ brokers: broker.bootstrap });
    const [host = '', port] = broker.bootstrap.split(':');
    const client = await RawClient.open(host, Number(port));
    {
      await using admin = kafka.admin();
      const configs = {
        'cleanup.policy': 'compact',
        'segment.bytes': SEGMENT_BYTES,
        'min.cleanable.dirty.ratio': LEFT_ALONE,
        'delete.retention.ms': DELETE_RETENTION_MS,
      };
      await admin.createTopic({ name: TOPIC, partitions: 1, configs });
    }
    await untilDone(async () => {
      const request = { keyType: 1, coordinatorKeys: ['any'] };
      const { coordinators } = await client.request(FindCoordinator, 4, request);
      return { errorCode: coordinators[0]?.errorCode ?? -1 };
    });
    const workers = await Workers.open(client);
    const stages: { upTo: number; lines: string[] }[] = [];
    for (const part of [steps.slice(0, STEPS / 2), steps.slice(STEPS / 2)]) {
      for (const step of part) await workers.perform(step);
      // Only the idempotent producer goes on, so that the end of what can be compacted is the same.
      for (let producer = 1; producer < PRODUCERS; producer++)
        await workers.perform({ kind: 'end', producer, committed: producer === 1 });
      await wait(2 * DELETE_RETENTION_MS);
      const upTo = await compact(kafka, broker, stages.at(-1)?.upTo ?? 0);
      stages.push({ upTo, lines: await contentOf(client, workers) });
    }
    client.close();
    outcomes.push(stages);
  }
  const [klamm = [], apache = []] = outcomes;
  assert.ok(klamm.some(({ lines }) => lines.some((line) => line.includes('will go'))));
  for (const [i, { upTo, lines }] of klamm.entries()) {
    assert.equal(upTo, apache[i]?.upTo, `stage ${i}`);
    assert.deepEqual(lines, apache[i]?.lines, `stage ${i}`);
  }
});
