// What the broker does for a bare socket: small requests one by one, large batches, fetches, and end to end.

import { RawClient } from '@klamm/broker/testing/raw-client';
import { batchSizeOf, lastOffsetOf } from '@klamm/protocol/records/batch';
import { type Figures, percentile } from '../harness/rounds.ts';
import { acknowledged, createTopic, fetched, fetchFrame, produceFrame } from './requests.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

let topics = 0;
const newTopic = (): string => `bench-${process.pid}-${topics++}`;

/** Awaited requests of one record each: answer times in ms, and requests a second. */
export async function oneInFlight(target: Target, bytes: number, requests: number): Promise<Figures> {
  return withTopic(target, async (socket, topic) => {
    const request = produceFrame(topic, 1, bytes);
    for (let i = 0; i < requests / 10; i++) acknowledged(await socket.send(request));
    const times = new Float64Array(requests);
    const start = performance.now();
    for (let i = 0; i < requests; i++) {
      const sent = performance.now();
      await socket.send(request);
      times[i] = performance.now() - sent;
    }
    const seconds = (performance.now() - start) / 1000;
    times.sort();
    return {
      'requests/s': requests / seconds,
      'p50 ms': percentile(times, 0.5),
      'p99 ms': percentile(times, 0.99),
    };
  });
}

/** Batches of 1,000 records, four requests in flight. */
export async function largeBatches(target: Target, bytes: number, messages: number): Promise<Figures> {
  return withTopic(target, async (socket, topic) => {
    const request = produceFrame(topic, 1000, bytes);
    acknowledged(await socket.send(request));
    const start = performance.now();
    const lane = async (): Promise<void> => {
      for (let i = 0; i < messages / 4000; i++) acknowledged(await socket.send(request));
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    return { 'msg/s': messages / ((performance.now() - start) / 1000) };
  });
}

/** Reads a topic of batches of 1,000 records from the beginning, undecoded, 1 MiB a fetch. */
export async function fetching(target: Target, bytes: number, messages: number): Promise<Figures> {
  return withTopic(target, async (socket, topic) => {
    const request = produceFrame(topic, 1000, bytes);
    for (let sent = 0; sent < messages; sent += 1000) acknowledged(await socket.send(request));
    const start = performance.now();
    let offset = 0;
    while (offset < messages) {
      const records = fetched(await socket.send(fetchFrame(topic, offset, 1 << 20, 500)));
      for (let at = 0; at + 61 <= records.length; ) {
        const size = batchSizeOf(records, at);
        if (at + size > records.length) break;
        offset = lastOffsetOf(records, at) + 1;
        at += size;
      }
    }
    return { 'msg/s': messages / ((performance.now() - start) / 1000) };
  });
}

/** One record at a time from a producing socket to one that waits in a long poll: ms from send to arrival. */
export async function endToEnd(target: Target, bytes: number, messages: number): Promise<Figures> {
  return withTopic(target, async (producer, topic) => {
    const consumer = await RawClient.open(target.host, target.port);
    try {
      const request = produceFrame(topic, 1, bytes);
      const times = new Float64Array(messages);
      for (let i = -messages / 10; i < messages; i++) {
        const waiting = consumer.send(fetchFrame(topic, i + messages / 10, 1 << 20, 5000));
        const sent = performance.now();
        const acknowledgement = producer.send(request);
        if (fetched(await waiting).length === 0) throw new Error('The long poll ended without a record.');
        if (i >= 0) times[i] = performance.now() - sent;
        acknowledged(await acknowledgement);
      }
      times.sort();
      return { 'p50 ms': percentile(times, 0.5), 'p99 ms': percentile(times, 0.99) };
    } finally {
      consumer.close();
    }
  });
}

async function withTopic(
  target: Target,
  work: (socket: RawClient, topic: string) => Promise<Figures>,
): Promise<Figures> {
  const socket = await RawClient.open(target.host, target.port);
  try {
    const topic = newTopic();
    await createTopic(socket, topic);
    return await work(socket, topic);
  } finally {
    socket.close();
  }
}
