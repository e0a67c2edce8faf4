// Bad input on many sockets while a well-behaved client works on: random bytes, and real requests with bytes flipped,
// cut, lengthened and spliced. The broker must not end, must not grow, and the other client must not notice.
// Bounded in count; the seed is printed, KLAMM_SEED repeats it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Random, seededRandom } from '@klamm/base/random';
import { frame, RawClient } from '@klamm/broker/testing/raw-client';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { apis } from '@klamm/protocol/api/index';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { recordsOf } from '@klamm/protocol/records/record';
import { startKlamm } from '../peers/klamm.ts';

const SOCKETS = 8;
const FRAMES_PER_SOCKET = 1000;
const TOPIC = 'steady';

function batch(value: string): Buffer {
  const builder = new BatchBuilder();
  builder.append('key', value, [], Date.now());
  return builder.build();
}

/** One hostile frame. */
function hostile(random: Random, samples: readonly Buffer[]): Buffer {
  const below = (limit: number): number => Math.floor(random() * limit);
  const sample = Buffer.from(samples[below(samples.length)] ?? Buffer.alloc(16));
  switch (below(7)) {
    case 0: {
      const bytes = randomBytes(4 + below(300));
      bytes.writeInt32BE(bytes.length - 4, 0);
      return bytes;
    }
    case 1:
      return randomBytes(1 + below(64));
    case 2:
      // A length that lies, by a little or a lot.
      sample.writeInt32BE([0, -1, 7, 0x7fffffff, sample.length + below(50)][below(5)] ?? 0, 0);
      return sample;
    case 3:
      return sample.subarray(0, below(sample.length));
    case 4: {
      // A request for a random API and version, with a body of another.
      sample.writeInt16BE(below(100), 4);
      sample.writeInt16BE(below(20), 6);
      return sample;
    }
    case 5:
      // Lengths and counts inside the body turned large.
      sample.writeInt32BE(0x7ffffff0, 12 + below(Math.max(1, sample.length - 16)));
      return sample;
    default:
      for (let i = 1 + below(8); i > 0; i--) sample[8 + below(sample.length - 8)] = below(256);
      return sample;
  }
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

test('garbage on many sockets: the broker lives, stays small, and serves the others', {
  timeout: 120_000,
}, async (t) => {
  const seed = Number(process.env.KLAMM_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed} (KLAMM_SEED=${seed} repeats it)`);
  const random = seededRandom(seed);
  await using broker = await startKlamm({ settings: { 'auto.create.topics.enable': 'false' } });
  const [host = '', portText = ''] = broker.bootstrap.split(':');
  const port = Number(portText);
  const good = await RawClient.open(host, port);
  await good.request(CreateTopics, 7, {
    topics: [{ name: TOPIC, numPartitions: 1, replicationFactor: 1 }],
    timeoutMs: 5000,
  });

  const samples = [
    frame(ApiVersions, 3, { clientSoftwareName: 'x', clientSoftwareVersion: '1' }),
    frame(Metadata, 12, { topics: [{ name: TOPIC }] }),
    frame(Produce, 11, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: 'none', partitionData: [{ index: 0, records: batch('x') }] }],
    }),
    frame(Fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      topics: [{ topic: 'none', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
    }),
    // An empty request of every API in its newest version.
    ...[...apis.values()].map((api) => frame(api, api.versions[1], {})),
  ];
  const before = broker.pid === undefined ? undefined : residentMb(broker.pid);

  let attacking = true;
  const attack = Array.from({ length: SOCKETS }, async () => {
    let client: RawClient | undefined;
    for (let i = 0; i < FRAMES_PER_SOCKET; i++) {
      if (client === undefined || client.isClosed) client = await RawClient.open(host, port);
      client.write(hostile(random, samples));
      // A frame that promises more than it brings would swallow all that follow it: begin anew now and then.
      for (let turns = Math.floor(random() * 4); turns > 0; turns--)
        await new Promise((resolve) => setImmediate(resolve));
      if (random() < 0.3) client.close();
    }
    client?.close();
  });
  const work = (async () => {
    let count = 0;
    while (attacking || count < 50) {
      const answer = await good.request(Produce, 11, {
        acks: -1,
        timeoutMs: 5000,
        topicData: [{ name: TOPIC, partitionData: [{ index: 0, records: batch(`value ${count}`) }] }],
      });
      const partition = answer.responses[0]?.partitionResponses[0];
      assert.deepEqual([partition?.errorCode, partition?.baseOffset], [0, count]);
      count++;
    }
    return count;
  })();
  await Promise.all(attack);
  attacking = false;
  const count = await work;

  const values: string[] = [];
  while (values.length < count) {
    const { responses } = await good.request(Fetch, 12, {
      maxWaitMs: 0,
      topics: [
        {
          topic: TOPIC,
          partitions: [{ partition: 0, fetchOffset: values.length, partitionMaxBytes: 1 << 20 }],
        },
      ],
    });
    const records = responses[0]?.partitions[0]?.records ?? Buffer.alloc(0);
    assert.ok(records.length > 0, 'the records are there');
    for (let at = 0; at < records.length; at += 12 + records.readInt32BE(at + 8)) {
      for (const record of recordsOf(records, at)) values.push(String(record.value));
    }
  }
  assert.deepEqual(
    values,
    Array.from({ length: count }, (_, i) => `value ${i}`),
  );
  good.close();
  if (broker.pid !== undefined && before !== undefined) {
    const after = residentMb(broker.pid);
    t.diagnostic(
      `${SOCKETS * FRAMES_PER_SOCKET} hostile frames, ${count} good requests; ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after`,
    );
    assert.ok(after < before + 150, `the broker grew from ${before} to ${after} MB`);
  }
});
