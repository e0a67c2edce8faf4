import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBatch, isControl, isTransactional } from './batch.ts';
import {
  buildControlBatch,
  buildEndTransactionBatch,
  ControlType,
  controlKey,
  controlRecordsOf,
  controlTypeOf,
  endTransactionMarkerOf,
} from './control.ts';

const NOW = 1_756_600_000_000;

// As Apache Kafka 4.3.1's MemoryRecords writes them.
const KAFKA_COMMIT =
  '000000000000000500000042000000030297b4e5f200300000000000000198fd84de0000000198fd84de00000000000000115200' +
  '06ffffffff000000012000000008000000010c00000000000900';
const KAFKA_ABORT =
  '0000000000000005000000420000000302638a33ba00300000000000000198fd84de0000000198fd84de00000000000000115200' +
  '06ffffffff000000012000000008000000000c00000000000900';
const KAFKA_KRAFT_VERSION =
  '0000000000000000000000410000000102527d8fd200200000000000000198fd84de0000000198fd84de00ffffffffffffffffff' +
  'ffffffffff000000011e00000008000000050a000000010000';

test("end-transaction markers are Apache Kafka's, byte for byte", () => {
  for (const [committed, expected] of [
    [true, KAFKA_COMMIT],
    [false, KAFKA_ABORT],
  ] as const) {
    const batch = buildEndTransactionBatch(
      { committed, coordinatorEpoch: 9 },
      NOW,
      { producerId: 4434, producerEpoch: 6 },
      { baseOffset: 5, partitionLeaderEpoch: 3 },
    );
    assert.equal(batch.toString('hex'), expected);
    assert.equal(checkBatch(batch, 0, batch.length), 'ok');
    assert.ok(isControl(batch, 0) && isTransactional(batch, 0));
    const [record] = controlRecordsOf(batch, 0);
    assert.ok(record !== undefined);
    assert.equal(record.offset, 5);
    assert.equal(record.timestamp, NOW);
    assert.deepEqual(endTransactionMarkerOf(record), { committed, coordinatorEpoch: 9 });
  }
});

test("a KRaft control record carries its value's bytes, as Apache Kafka writes it", () => {
  const value = Buffer.from('0000000100', 'hex');
  const batch = buildControlBatch([{ type: ControlType.KRAFT_VERSION, value }], NOW, {
    partitionLeaderEpoch: 1,
  });
  assert.equal(batch.toString('hex'), KAFKA_KRAFT_VERSION);
  const [record] = controlRecordsOf(batch, 0);
  assert.equal(record?.type, ControlType.KRAFT_VERSION);
  assert.ok(record?.value?.equals(value));
  assert.equal(endTransactionMarkerOf(record), undefined);
});

test('several control records share a batch', () => {
  const batch = buildControlBatch(
    [
      { type: ControlType.SNAPSHOT_HEADER, value: Buffer.from('01', 'hex') },
      { type: ControlType.KRAFT_VOTERS, value: Buffer.from('02', 'hex') },
    ],
    NOW,
  );
  assert.deepEqual(
    controlRecordsOf(batch, 0).map(({ type }) => type),
    [ControlType.SNAPSHOT_HEADER, ControlType.KRAFT_VOTERS],
  );
});

test('a key from the future is read, one that is none is refused', () => {
  assert.equal(controlTypeOf(Buffer.from('0001002a00', 'hex')), 42);
  assert.equal(controlTypeOf(controlKey(ControlType.ABORT)), 0);
  for (const key of [null, Buffer.alloc(0), Buffer.alloc(3), Buffer.from('ffff0000', 'hex')]) {
    assert.throws(() => controlTypeOf(key), { code: 'CORRUPT_MESSAGE' });
  }
});

test('a marker without an epoch is refused', () => {
  for (const value of [null, Buffer.alloc(5), Buffer.from('ffff00000001', 'hex')]) {
    const record = { offset: 1, timestamp: NOW, type: ControlType.COMMIT, value };
    assert.throws(() => endTransactionMarkerOf(record), { code: 'CORRUPT_MESSAGE', message: /offset 1/ });
  }
});
