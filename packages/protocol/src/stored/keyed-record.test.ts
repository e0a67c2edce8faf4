import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '@klamm/base/random';
import { ProtocolError } from '../wire/protocol-error.ts';
import { groupRecords } from './group.ts';
import { OffsetCommitKey, OffsetCommitValue } from './group-offsets.ts';
import { decodeRecord, encodeRecordKey, encodeRecordValue } from './keyed-record.ts';
import { shareRecords } from './share.ts';
import { transactionRecords } from './transaction.ts';

const key = encodeRecordKey(1, OffsetCommitKey, { group: 'g', topic: 't', partition: 3 });
const commit = { offset: 42, leaderEpoch: 5, metadata: '', commitTimestamp: 1000 };

test('a key begins with its type, a value with its version', () => {
  assert.equal(key.toString('hex'), '0001 0001 67 0001 74 00000003'.replaceAll(' ', ''));
  const value = encodeRecordValue(OffsetCommitValue, commit, 3);
  assert.equal(value.readInt16BE(0), 3);
  assert.deepEqual(decodeRecord(groupRecords, key, value), {
    type: 1,
    key: { group: 'g', topic: 't', partition: 3 },
    value: { ...commit, expireTimestamp: -1, topicId: ZERO_UUID },
  });
});

test('a record without a value is a tombstone', () => {
  assert.equal(decodeRecord(groupRecords, key, null)?.value, null);
});

test('a type that is not in the table is skipped, a version that is not known is refused', () => {
  assert.equal(decodeRecord(groupRecords, Buffer.from('7fff0000', 'hex'), null), undefined);
  assert.equal(decodeRecord(transactionRecords, key, null), undefined);
  const value = encodeRecordValue(OffsetCommitValue, commit);
  value.writeInt16BE(5, 0);
  assert.throws(() => decodeRecord(groupRecords, key, value), /OffsetCommitValue has version 5.*newer Kafka/);
});

test('damaged bytes are refused', () => {
  const value = encodeRecordValue(OffsetCommitValue, commit);
  for (let length = 0; length < value.length; length++) {
    assert.throws(() => decodeRecord(groupRecords, key, value.subarray(0, length)), ProtocolError);
  }
  for (let length = 0; length < key.length; length++) {
    assert.throws(() => decodeRecord(groupRecords, key.subarray(0, length), null), ProtocolError);
  }
  assert.throws(
    () => decodeRecord(groupRecords, key, Buffer.concat([value, Buffer.of(0)])),
    /1 bytes follow it/,
  );
});

test('every key has the one version, 0, that a key is read in', () => {
  for (const table of [groupRecords, transactionRecords, shareRecords]) {
    for (const entry of Object.values(table)) {
      assert.deepEqual(entry.key.versions, [0, 0], entry.key.name);
      assert.equal(entry.value.name, entry.key.name.replace(/Key$/, 'Value'));
    }
  }
});
