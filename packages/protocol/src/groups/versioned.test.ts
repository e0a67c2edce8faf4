import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../wire/protocol-error.ts';
import { ConsumerProtocolAssignment } from './assignment.ts';
import { ConsumerProtocolSubscription } from './subscription.ts';
import { decodeVersioned, encodeVersioned } from './versioned.ts';

const subscription = {
  topics: ['a', 'b'],
  userData: null,
  ownedPartitions: [{ topic: 'a', partitions: [0, 2] }],
  generationId: 7,
  rackId: 'east',
};

test('a subscription is read as it was written, as far as its version goes', () => {
  const newest = encodeVersioned(ConsumerProtocolSubscription, subscription);
  assert.equal(newest.readInt16BE(0), 3);
  assert.deepEqual(decodeVersioned(ConsumerProtocolSubscription, newest), subscription);
  const oldest = encodeVersioned(ConsumerProtocolSubscription, subscription, 0);
  assert.deepEqual(decodeVersioned(ConsumerProtocolSubscription, oldest), {
    topics: ['a', 'b'],
    userData: null,
    ownedPartitions: [],
    generationId: -1,
    rackId: null,
  });
});

test('a newer version is read as the newest known, with what it adds left aside', () => {
  const newer = Buffer.concat([
    encodeVersioned(ConsumerProtocolSubscription, subscription),
    Buffer.of(1, 2, 3),
  ]);
  newer.writeInt16BE(4, 0);
  assert.deepEqual(decodeVersioned(ConsumerProtocolSubscription, newer), subscription);
});

test('bytes that are no such message are refused', () => {
  const bytes = encodeVersioned(ConsumerProtocolAssignment, { assignedPartitions: [] });
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(
      () => decodeVersioned(ConsumerProtocolAssignment, bytes.subarray(0, length)),
      ProtocolError,
    );
  }
  bytes.writeInt16BE(-1, 0);
  assert.throws(() => decodeVersioned(ConsumerProtocolAssignment, bytes), /has version -1/);
});
