// Requests built once, to be sent many times, in versions that every broker and rival of today speaks.

import { answerOf, frame, type RawClient } from '@klamm/broker/testing/raw-client';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { BatchBuilder } from '@klamm/protocol/records/builder';

export const PRODUCE_VERSION = 11;
export const FETCH_VERSION = 12;
const CREATE_TOPICS_VERSION = 7;

/** One request with one batch of `count` records of `bytes` bytes each for partition 0. */
export function produceFrame(topic: string, count: number, bytes: number): Buffer {
  const builder = new BatchBuilder(count * (bytes + 20) + 100);
  const value = Buffer.alloc(bytes, 'k');
  for (let i = 0; i < count; i++) builder.append(null, value, [], 1_750_000_000_000 + i);
  return frame(Produce, PRODUCE_VERSION, {
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: builder.build() }] }],
  });
}

export function fetchFrame(topic: string, fetchOffset: number, maxBytes: number, maxWaitMs: number): Buffer {
  return frame(Fetch, FETCH_VERSION, {
    maxWaitMs,
    minBytes: 1,
    maxBytes,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: maxBytes }] }],
  });
}

/** The batches of a one-partition Fetch answer. */
export function fetched(bytes: Buffer): Buffer {
  const { responses } = answerOf(Fetch, FETCH_VERSION, bytes);
  const partition = responses[0]?.partitions[0];
  if (partition === undefined || partition.errorCode !== 0) {
    throw new Error(`The fetch was answered with error ${partition?.errorCode ?? 'no partition'}.`);
  }
  return partition.records ?? Buffer.alloc(0);
}

/** Throws unless the produce answer acknowledges. */
export function acknowledged(bytes: Buffer): void {
  const { responses } = answerOf(Produce, PRODUCE_VERSION, bytes);
  const errorCode = responses[0]?.partitionResponses[0]?.errorCode;
  if (errorCode !== 0) throw new Error(`The produce request was answered with error ${errorCode}.`);
}

/** Creates a topic and waits until it can be read: Apache Kafka answers before its leader knows that it leads. */
export async function createTopic(socket: RawClient, name: string, numPartitions = 1): Promise<void> {
  const body = { topics: [{ name, numPartitions, replicationFactor: 1 }], timeoutMs: 10_000 };
  const topic = (await socket.request(CreateTopics, CREATE_TOPICS_VERSION, body)).topics[0];
  if (topic?.errorCode !== 0) throw new Error(`Topic ${name} could not be created: ${topic?.errorMessage}`);
  for (let tries = 0; tries < 100; tries++) {
    const { responses } = answerOf(Fetch, FETCH_VERSION, await socket.send(fetchFrame(name, 0, 1000, 0)));
    if (responses[0]?.partitions[0]?.errorCode === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Topic ${name} has no leader after two seconds.`);
}
