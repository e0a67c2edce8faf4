// The producer against a broker that refuses, loses and hangs up: what arrives, how often and in which order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '@klamm/base/random';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { ErrorCode } from '@klamm/protocol/error-codes';
import {
  baseSequenceOf,
  lastSequenceOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
} from '@klamm/protocol/records/batch';
import { recordsOf } from '@klamm/protocol/records/record';
import { Kafka } from '../client.ts';
import { HANG_UP, ScriptedBroker, SILENCE, TOPIC_ID } from '../network/scripted-broker.ts';
import { nextSequence } from './batch.ts';

const FAST = { retryBackOff: { firstMs: 1, mostMs: 5 } };

/** Answers for the one partition of `t`. */
function answer(errorCode: number, baseOffset = -1) {
  return {
    responses: [{ name: 't', topicId: TOPIC_ID, partitionResponses: [{ index: 0, errorCode, baseOffset }] }],
  };
}

/** A log that takes batches as a broker does: in sequence, repeats recognised. */
class SequencedLog {
  readonly values: string[] = [];
  readonly epochs = new Set<number>();
  #producerId = -1;
  #epoch = -1;
  #next = 0;
  #recent: { base: number; offset: number }[] = [];
  readonly #takesAnyFirst: boolean;

  /** @param takesAnyFirst as Apache Kafka: where nothing is known of a producer, any number may be its first */
  constructor(takesAnyFirst = false) {
    this.#takesAnyFirst = takesAnyFirst;
  }

  append(batch: Buffer): ReturnType<typeof answer> {
    const [id, epoch, base] = [producerIdOf(batch, 0), producerEpochOf(batch, 0), baseSequenceOf(batch, 0)];
    if (id === this.#producerId && epoch < this.#epoch) return answer(ErrorCode.INVALID_PRODUCER_EPOCH);
    if (id !== this.#producerId || epoch > this.#epoch) {
      const isFree = this.#takesAnyFirst && this.#producerId === -1;
      if (base !== 0 && !isFree) return answer(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
      this.#recent = [];
      this.#next = base;
    } else {
      const repeat = this.#recent.find((known) => known.base === base);
      if (repeat !== undefined) return answer(0, repeat.offset);
      if (base !== this.#next) return answer(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    }
    this.#producerId = id;
    this.#epoch = epoch;
    this.epochs.add(epoch);
    this.#next = nextSequence(lastSequenceOf(batch, 0), 1);
    const offset = this.values.length;
    this.#recent = [...this.#recent.slice(-4), { base, offset }];
    for (const { value } of recordsOf(batch, 0)) this.values.push(String(value));
    return answer(0, offset);
  }

  /** Forgets the producer, as after its id expired. */
  forget(): void {
    this.#producerId = -1;
    this.#recent = [];
  }
}

function recordsIn(body: {
  readonly topicData: readonly { readonly partitionData: readonly { records: Buffer | null }[] }[];
}): Buffer {
  return body.topicData[0]?.partitionData[0]?.records ?? Buffer.alloc(0);
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`every record arrives once and in order through refusals, lost answers and hang-ups (seed ${seed})`, async () => {
    await using broker = await ScriptedBroker.start();
    const random: Random = seededRandom(seed);
    const log = new SequencedLog();
    broker.on(Produce, (body) => {
      const luck = random();
      if (luck < 0.06) return HANG_UP;
      if (luck < 0.12) return answer(ErrorCode.NOT_LEADER_OR_FOLLOWER);
      if (luck < 0.18) return answer(ErrorCode.NOT_ENOUGH_REPLICAS);
      const stored = log.append(recordsIn(body));
      // Stored, and the answer is lost.
      return luck < 0.24 ? HANG_UP : stored;
    });
    const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
    await using producer = kafka.producer({ batchBytes: 300, retries: 100 });
    const values = numbers(1000);
    const sent = await Promise.all(values.map((value) => producer.send({ topic: 't', value })));
    assert.deepEqual(log.values, values);
    assert.deepEqual(
      sent.map(({ offset }) => offset),
      values.map(Number),
    );
  });
}

test('a request holds one batch of a partition at the most, also while others wait, and each is told its own place', async () => {
  await using broker = await ScriptedBroker.start();
  const partition = { leaderId: 1, leaderEpoch: 0, replicaNodes: [1], isrNodes: [1] };
  broker.on(Metadata, () => ({
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
    controllerId: 1,
    topics: [
      { name: 't', topicId: TOPIC_ID, partitions: [0, 1].map((i) => ({ ...partition, partitionIndex: i })) },
    ],
  }));
  const logs = [new SequencedLog(), new SequencedLog()];
  let refusals = 0;
  let repeats = 0;
  broker.on(Produce, (body) => {
    const rows = body.topicData.flatMap(({ partitionData }) => partitionData);
    repeats += rows.length - new Set(rows.map(({ index }) => index)).size;
    const partitionResponses = rows.map(({ index, records }) => {
      // The first partition stays behind: while it waits, the other has batches enough for every request.
      if (index === 0 && refusals++ < 5) return { index, errorCode: ErrorCode.NOT_ENOUGH_REPLICAS };
      const stored = logs[index]?.append(records ?? Buffer.alloc(0)).responses[0]?.partitionResponses[0];
      return { index, errorCode: stored?.errorCode ?? -1, baseOffset: stored?.baseOffset ?? -1 };
    });
    return { responses: [{ name: 't', topicId: TOPIC_ID, partitionResponses }] };
  });
  const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
  await using producer = kafka.producer({ batchBytes: 300, retries: 100 });
  const values = numbers(400);
  const sends = values.flatMap((value) =>
    [0, 1].map((index) => producer.send({ topic: 't', value, partition: index })),
  );
  const sent = await Promise.all(sends);
  assert.equal(repeats, 0);
  for (const index of [0, 1]) {
    assert.deepEqual(logs[index]?.values, values);
    const offsets = sent.filter((record) => record.partition === index).map(({ offset }) => offset);
    assert.deepEqual(offsets, values.map(Number));
  }
});

test('no batch overtakes the first one, which a leader that was just elected refused', async () => {
  await using broker = await ScriptedBroker.start();
  const log = new SequencedLog(true);
  let requests = 0;
  broker.on(Produce, (body) =>
    ++requests === 1 ? answer(ErrorCode.NOT_LEADER_OR_FOLLOWER) : log.append(recordsIn(body)),
  );
  await using producer = new Kafka({ brokers: broker.bootstrap, ...FAST }).producer({ batchBytes: 300 });
  await Promise.all(numbers(200).map((value) => producer.send({ topic: 't', value })));
  assert.deepEqual(log.values, numbers(200));
  assert.deepEqual([...log.epochs], [0]);
});

test('a broker that forgot the producer gets a new epoch, and no record twice', async () => {
  await using broker = await ScriptedBroker.start();
  const log = new SequencedLog();
  broker.on(Produce, (body) => log.append(recordsIn(body)));
  await using producer = new Kafka({ brokers: broker.bootstrap, ...FAST }).producer({ batchBytes: 300 });
  for (let round = 0; round < 3; round++) {
    await Promise.all(numbers(50).map((value) => producer.send({ topic: 't', value })));
    log.forget();
  }
  assert.deepEqual(log.values, [...numbers(50), ...numbers(50), ...numbers(50)]);
  assert.deepEqual([...log.epochs], [0, 1, 2]);
});

test('an epoch that the broker says is old is replaced by a new producer id', async () => {
  await using broker = await ScriptedBroker.start();
  let ids = 0;
  broker.on(InitProducerId, () => ({ producerId: ++ids, producerEpoch: 0 }));
  const log = new SequencedLog();
  broker.on(Produce, (body) => {
    const batch = recordsIn(body);
    return producerIdOf(batch, 0) === 1 ? answer(ErrorCode.INVALID_PRODUCER_EPOCH) : log.append(batch);
  });
  await using producer = new Kafka({ brokers: broker.bootstrap, ...FAST }).producer();
  await producer.send({ topic: 't', value: 'a' });
  assert.deepEqual(log.values, ['a']);
  assert.equal(ids, 2);
});

test('without idempotence one batch at a time is on its way, so that order holds through retries', async () => {
  await using broker = await ScriptedBroker.start();
  const random = seededRandom(3);
  const values: string[] = [];
  broker.on(Produce, (body) => {
    if (random() < 0.3) return answer(ErrorCode.NOT_ENOUGH_REPLICAS);
    for (const { value } of recordsOf(recordsIn(body), 0)) values.push(String(value));
    return answer(0, values.length);
  });
  const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
  await using producer = kafka.producer({ acks: 1, batchBytes: 300, retries: 100 });
  await Promise.all(numbers(300).map((value) => producer.send({ topic: 't', value })));
  assert.deepEqual(values, numbers(300));
});

test('a batch that is refused for good fails, and its successors still arrive', async () => {
  await using broker = await ScriptedBroker.start();
  const log = new SequencedLog();
  let refused = 0;
  broker.on(Produce, (body) => {
    const batch = recordsIn(body);
    const [first] = recordsOf(batch, 0);
    if (String(first?.value) === 'bad') {
      refused++;
      return answer(ErrorCode.INVALID_RECORD);
    }
    return log.append(batch);
  });
  await using producer = new Kafka({ brokers: broker.bootstrap, ...FAST }).producer({ batchBytes: 1 });
  const outcomes = await Promise.allSettled(
    ['a', 'bad', 'b', 'c'].map((value) => producer.send({ topic: 't', value })),
  );
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  );
  assert.equal((outcomes[1] as PromiseRejectedResult).reason.code, 'INVALID_RECORD');
  assert.equal(refused, 1);
  assert.deepEqual(log.values, ['a', 'b', 'c']);
});

test('refusals for now are sent again until the delivery timeout; where retries are counted, no oftener', async () => {
  await using broker = await ScriptedBroker.start();
  let refusals = 0;
  broker.on(Produce, () => answer(refusals++ < 20 ? ErrorCode.NOT_ENOUGH_REPLICAS : 0, 0));
  const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
  await using patient = kafka.producer();
  assert.equal((await patient.send({ topic: 't', value: 'x' })).offset, 0);
  assert.equal(refusals, 21);
  refusals = 0;
  await using counting = kafka.producer({ retries: 3 });
  await assert.rejects(counting.send({ topic: 't', value: 'x' }), {
    code: 'NOT_ENOUGH_REPLICAS',
    retriable: true,
  });
  assert.equal(refusals, 4);
});

test('a record is given up after the delivery timeout, and the error says why', async () => {
  await using broker = await ScriptedBroker.start();
  broker.on(Produce, () => SILENCE);
  await using producer = new Kafka({ brokers: broker.bootstrap, ...FAST }).producer({
    deliveryTimeoutMs: 30,
  });
  await assert.rejects(producer.send({ topic: 't', value: 'x' }), (error: Error & { code: string }) => {
    assert.equal(error.code, 'REQUEST_TIMED_OUT');
    assert.match(error.message, /within 30 ms/);
    return true;
  });
});

test('records wait for a leader that is being elected', async () => {
  await using broker = await ScriptedBroker.start();
  let asked = 0;
  broker.on(Metadata, () => ({
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
    topics: [
      {
        name: 't',
        topicId: TOPIC_ID,
        partitions: [{ partitionIndex: 0, leaderId: ++asked > 3 ? 1 : -1, errorCode: asked > 3 ? 0 : 5 }],
      },
    ],
  }));
  const log = new SequencedLog();
  broker.on(Produce, (body) => log.append(recordsIn(body)));
  await using producer = new Kafka({ brokers: broker.bootstrap, ...FAST }).producer();
  await producer.sendBatch([
    { topic: 't', value: 'a' },
    { topic: 't', value: 'b' },
  ]);
  assert.deepEqual(log.values, ['a', 'b']);
});

test('sends of one turn share a request; those during it share the next', async () => {
  await using broker = await ScriptedBroker.start();
  const counts: number[] = [];
  let total = 0;
  broker.on(Produce, (body) => {
    const count = recordCountOf(recordsIn(body), 0);
    counts.push(count);
    total += count;
    return answer(0, total - count);
  });
  await using producer = new Kafka({ brokers: broker.bootstrap, ...FAST }).producer();
  await producer.send({ topic: 't', value: 'warm' });
  const first = Promise.all(numbers(10).map((value) => producer.send({ topic: 't', value })));
  // The first ten are on their way once this turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  const second = Promise.all(numbers(20).map((value) => producer.send({ topic: 't', value })));
  await Promise.all([first, second]);
  assert.deepEqual(counts, [1, 10, 20]);
});

test('a closed producer takes nothing, and closing waits for what it has', async () => {
  await using broker = await ScriptedBroker.start();
  const log = new SequencedLog();
  broker.on(Produce, (body) => log.append(recordsIn(body)));
  const producer = new Kafka({ brokers: broker.bootstrap }).producer({ lingerMs: 3_600_000 });
  const sent = producer.send({ topic: 't', value: 'x' });
  await producer.close();
  assert.equal((await sent).offset, 0);
  await assert.rejects(producer.send({ topic: 't', value: 'y' }), { code: 'CLOSED' });
});
