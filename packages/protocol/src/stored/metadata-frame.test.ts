import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError } from '@klamm/base/assert';
import { ProtocolError } from '../wire/protocol-error.ts';
import { OffsetCommitKey } from './group-offsets.ts';
import { FeatureLevelRecord, TopicRecord } from './metadata.ts';
import { decodeMetadata, encodeMetadata } from './metadata-frame.ts';

test('a record is written behind frame version, type and version', () => {
  const bytes = encodeMetadata(FeatureLevelRecord, { name: 'a', featureLevel: 2 });
  assert.equal(bytes.toString('hex'), '01 0c 00 0261 0002 00'.replaceAll(' ', ''));
  assert.deepEqual(decodeMetadata(bytes), { type: 12, data: { name: 'a', featureLevel: 2 } });
});

test('a record that is cut off, longer than it should be, or of an unknown kind is refused', () => {
  const bytes = encodeMetadata(TopicRecord, { name: 'topic' });
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeMetadata(bytes.subarray(0, length)), ProtocolError);
  }
  assert.throws(() => decodeMetadata(Buffer.concat([bytes, Buffer.of(0)])), /1 bytes follow it/);
  const patched = (at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  };
  assert.throws(() => decodeMetadata(patched(0, 2)), /frame version 2/);
  assert.throws(() => decodeMetadata(patched(1, 99)), /type 99, which Kafka 4.3 does not have/);
  assert.throws(() => decodeMetadata(patched(2, 9)), /TopicRecord has version 9/);
});

test('a message that is none of the metadata log is not written into it', () => {
  assert.throws(() => encodeMetadata(OffsetCommitKey, {}), AssertionError);
});
