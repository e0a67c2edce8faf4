// The message codec's micro-benchmark: one JSON line per case.
//
//     node bench/codec/schema.bench.ts [rounds]
//
// Each case runs in rounds; the median is what to compare, and only between cases of one run. Sizes are those of a
// busy client: a produce request of ten partitions, a fetch of fifty, the metadata of a hundred topics.

import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { codecOf } from '@klamm/protocol/schema/compile';
import type { Fields } from '@klamm/protocol/schema/fields';
import type { EncodableMessage, Message } from '@klamm/protocol/schema/message';
import { Reader } from '@klamm/protocol/wire/reader';
import { Writer } from '@klamm/protocol/wire/writer';

const ROUNDS = Number(process.argv[2] ?? 7);
const ROUND_MS = 100;

let sink = 0;

/** Runs `work` in rounds of about 100 ms, and prints the median of their rates. */
function measure(name: string, bytes: number, work: () => number): void {
  let runs = 1;
  const rates: number[] = [];
  while (rates.length < ROUNDS) {
    const start = performance.now();
    for (let run = 0; run < runs; run++) sink += work();
    const elapsedMs = performance.now() - start;
    if (elapsedMs < ROUND_MS / 2) runs = Math.ceil(runs * Math.min(10, ROUND_MS / Math.max(elapsedMs, 1)));
    else rates.push(runs / (elapsedMs / 1000));
  }
  rates.sort((a, b) => a - b);
  const median = rates[rates.length >> 1] ?? 0;
  console.log(
    JSON.stringify({ case: name, unit: 'messages/s', median: Math.round(median), bytes, rounds: ROUNDS }),
  );
}

function compare<F extends Fields>(
  name: string,
  message: Message<F>,
  value: EncodableMessage<Message<F>>,
): void {
  const version = message.versions[1];
  const codec = codecOf(message, version);
  const writer = new Writer();
  codec.encode(writer, value);
  const bytes = Buffer.from(writer.toBuffer());
  measure(`decode ${name} v${version}`, bytes.length, () => {
    const reader = new Reader(bytes);
    codec.decode(reader);
    return reader.offset;
  });
  measure(`encode ${name} v${version}`, bytes.length, () => {
    const target = new Writer();
    codec.encode(target, value);
    return target.length;
  });
}

const TOPIC_ID = 'ne3TDb5kfKPLQEGn1TAUog';
const batch = Buffer.alloc(16_384, 1);
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

compare('ProduceRequest, 1 partition', Produce.request, {
  acks: -1,
  timeoutMs: 30_000,
  topicData: [{ topicId: TOPIC_ID, partitionData: [{ index: 0, records: batch }] }],
});
compare('ProduceRequest, 10 partitions', Produce.request, {
  acks: -1,
  timeoutMs: 30_000,
  topicData: [{ topicId: TOPIC_ID, partitionData: times(10, (index) => ({ index, records: batch })) }],
});
compare('ProduceResponse, 10 partitions', Produce.response, {
  responses: [
    {
      topicId: TOPIC_ID,
      partitionResponses: times(10, (index) => ({ index, baseOffset: 1_000_000, logStartOffset: 0 })),
    },
  ],
});
compare('FetchRequest, 50 partitions', Fetch.request, {
  maxWaitMs: 500,
  minBytes: 1,
  topics: [
    {
      topicId: TOPIC_ID,
      partitions: times(50, (partition) => ({
        partition,
        fetchOffset: 123_456,
        partitionMaxBytes: 1_048_576,
      })),
    },
  ],
});
compare('FetchResponse, 50 partitions', Fetch.response, {
  responses: [
    {
      topicId: TOPIC_ID,
      partitions: times(50, (partitionIndex) => ({
        partitionIndex,
        highWatermark: 123_457,
        lastStableOffset: 123_457,
        logStartOffset: 0,
        records: batch,
      })),
    },
  ],
});
compare('MetadataResponse, 100 topics of 3 partitions', Metadata.response, {
  brokers: [{ nodeId: 1, host: '127.0.0.1', port: 9092 }],
  clusterId: TOPIC_ID,
  controllerId: 1,
  topics: times(100, (topic) => ({
    name: `topic-${topic}`,
    topicId: TOPIC_ID,
    partitions: times(3, (partitionIndex) => ({
      partitionIndex,
      leaderId: 1,
      leaderEpoch: 0,
      replicaNodes: [1],
      isrNodes: [1],
    })),
  })),
});

if (sink === 0) console.error('nothing was measured');
