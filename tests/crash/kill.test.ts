// SIGKILL under load, twenty times: a producer with sequence numbers keeps sending, the broker is killed at a moment
// drawn at random, sometimes what a torn write leaves is added to the end of a segment, and the broker starts again.
// At the end every acknowledged record must be there, once, in order. The seed is printed; KLAMM_SEED repeats it.

import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Random, seededRandom } from '@klamm/base/random';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { Compression } from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { recordsOf } from '@klamm/protocol/records/record';
import { freePort, untilAnswers } from '../peers/ports.ts';
import { type RunningProgram, startProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const KILLS = 20;
const PARTITIONS = 3;
const TOPIC = 'ledger';
/** Batches of one partition that wait for an answer at a time; a broker remembers the last five. */
const IN_FLIGHT = 4;

interface Batch {
  readonly sequence: number;
  readonly values: readonly string[];
  readonly bytes: Buffer;
}

/** What one partition was sent, and how much of it was acknowledged. */
class Lane {
  readonly index: number;
  readonly sent: Batch[] = [];
  acknowledged = 0;
  #sequence = 0;

  constructor(index: number) {
    this.index = index;
  }

  next(producerId: number, random: Random): Batch {
    const count = 1 + Math.floor(random() * 20);
    const builder = new BatchBuilder();
    const values = Array.from(
      { length: count },
      (_, i) => `${this.index}:${this.#sequence + i}:${'x'.repeat(Math.floor(random() * 200))}`,
    );
    for (const value of values) builder.append(null, value, [], 1_750_000_000_000);
    const bytes = builder.build({
      producerId,
      producerEpoch: 0,
      baseSequence: this.#sequence,
      compression: random() < 0.3 ? Compression.lz4 : Compression.none,
    });
    const batch = { sequence: this.#sequence, values, bytes };
    this.#sequence += count;
    return batch;
  }
}

/** Sends on a lane until the connection breaks; what was not acknowledged is sent again first. */
async function drive(
  client: RawClient,
  lane: Lane,
  producerId: number,
  random: Random,
  stopped: () => boolean,
): Promise<void> {
  let cursor = lane.acknowledged;
  const one = async (): Promise<void> => {
    while (!stopped()) {
      const at = cursor++;
      const batch = lane.sent[at] ?? lane.next(producerId, random);
      lane.sent[at] = batch;
      const answer = await client.request(Produce, 11, {
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name: TOPIC, partitionData: [{ index: lane.index, records: batch.bytes }] }],
      });
      const errorCode = answer.responses[0]?.partitionResponses[0]?.errorCode;
      assert.equal(errorCode, 0, `a batch of lane ${lane.index} was answered with error ${errorCode}`);
      // Answers come in order, so all before this one are acknowledged too.
      lane.acknowledged = Math.max(lane.acknowledged, at + 1);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
}

/** Adds to a segment what a write that a crash cut short would have left there. */
function tear(directory: string, index: number, random: Random): string {
  const folder = join(directory, `${TOPIC}-${index}`);
  const last = readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .at(-1);
  if (last === undefined) return 'nothing';
  const path = join(folder, last);
  const content = readFileSync(path);
  const kinds = {
    zeros: () => Buffer.alloc(1 + Math.floor(random() * 5000)),
    'half a batch': () => content.subarray(0, Math.min(content.length, 20 + Math.floor(random() * 60))),
    noise: () => Buffer.from(Array.from({ length: 200 }, () => Math.floor(random() * 256))),
  };
  const kind = (Object.keys(kinds) as (keyof typeof kinds)[])[Math.floor(random() * 3)] ?? 'zeros';
  appendFileSync(path, kinds[kind]());
  return kind;
}

async function readAll(client: RawClient, index: number): Promise<string[]> {
  const values: string[] = [];
  for (;;) {
    const { responses } = await client.request(Fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      topics: [
        {
          topic: TOPIC,
          partitions: [{ partition: index, fetchOffset: values.length, partitionMaxBytes: 1 << 20 }],
        },
      ],
    });
    const partition = responses[0]?.partitions[0];
    assert.equal(partition?.errorCode, 0);
    const records = partition?.records ?? Buffer.alloc(0);
    if (records.length === 0) return values;
    for (let at = 0; at < records.length; at += 12 + records.readInt32BE(at + 8)) {
      for (const record of recordsOf(records, at)) {
        if (record.offset < values.length) continue;
        assert.equal(record.offset, values.length, 'offsets have no gap');
        values.push(String(record.value));
      }
    }
  }
}

test(`killed ${KILLS} times under load, every acknowledged record is there once, in order`, {
  timeout: 180_000,
}, async (t) => {
  const seed = Number(process.env.KLAMM_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed} (KLAMM_SEED=${seed} repeats it)`);
  const random = seededRandom(seed);
  const directory = mkdtempSync(join(tmpdir(), 'klamm-kill-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const lanes = Array.from({ length: PARTITIONS }, (_, index) => new Lane(index));
  let producerId = -1;
  let torn = 0;
  let told = 0;

  const start = async (): Promise<{ program: RunningProgram; port: number }> => {
    const port = await freePort();
    const program = startProgram(process.execPath, [
      BIN,
      'start',
      '--port',
      String(port),
      '--data',
      directory,
    ]);
    // Whatever fails below, the broker does not outlive the test.
    t.after(() => program.stop('SIGKILL'));
    await untilAnswers(port, program);
    return { program, port };
  };

  for (let kill = 0; kill < KILLS; kill++) {
    const { program, port } = await start();
    const setup = await RawClient.open('127.0.0.1', port);
    if (kill === 0) {
      await setup.request(CreateTopics, 7, {
        topics: [{ name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 1 }],
        timeoutMs: 5000,
      });
      producerId = (
        await setup.request(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 })
      ).producerId;
    }
    let killed = false;
    const driving = lanes.map(async (lane) => {
      const client = await RawClient.open('127.0.0.1', port);
      try {
        await drive(client, lane, producerId, random, () => killed);
      } catch (error) {
        if (!killed) throw error;
      } finally {
        client.close();
      }
    });
    await Promise.race([Promise.all(driving), wait(50 + random() * 250)]);
    killed = true;
    const { stderr } = await program.stop('SIGKILL');
    setup.close();
    await Promise.all(driving);
    told += (stderr.match(/cut \d+ bytes from the end of segment/g) ?? []).length;
    if (random() < 0.5) {
      tear(directory, Math.floor(random() * PARTITIONS), random);
      torn++;
    }
  }

  const { program, port } = await start();
  const client = await RawClient.open('127.0.0.1', port);
  let records = 0;
  for (const lane of lanes) {
    const found = await readAll(client, lane.index);
    const wanted = lane.sent.flatMap(({ values }) => values);
    const acknowledged = lane.sent
      .slice(0, lane.acknowledged)
      .reduce((sum, { values }) => sum + values.length, 0);
    assert.ok(
      found.length >= acknowledged,
      `lane ${lane.index}: ${acknowledged} acknowledged, ${found.length} there`,
    );
    assert.deepEqual(found, wanted.slice(0, found.length), `lane ${lane.index}`);
    records += acknowledged;
  }
  client.close();
  const { stderr, code } = await program.stop('SIGTERM');
  told += (stderr.match(/cut \d+ bytes from the end of segment/g) ?? []).length;
  assert.equal(code, 0);
  assert.ok(told >= torn, `${torn} tails were torn, but only ${told} cuts were told`);
  t.diagnostic(
    `${records} records acknowledged through ${KILLS} kills, ${torn} torn tails, ${told} cuts told`,
  );
  assert.ok(records > 500, `only ${records} records were acknowledged: the load was none`);
});
