import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metadataHash } from './metadata-hash.ts';

const topic = (name: string, id: string, count: number) => ({
  name,
  id,
  partitions: Array.from({ length: count }, (_, index) => ({ index, leaderEpoch: 0, partitionEpoch: 0 })),
});

test('the hash of a group’s topics is the one that Apache Kafka 4.3.1 wrote', () => {
  assert.equal(metadataHash([topic('plain', 'lsHc7ZofSEW-9DvvgwvW_Q', 3)]), 1750892592432230708n);
  assert.equal(metadataHash([]), 0n);
});

test('a topic that grows, or is another of the same name, or a further one, changes the hash', () => {
  const plain = topic('plain', 'lsHc7ZofSEW-9DvvgwvW_Q', 3);
  const hashes = [
    metadataHash([plain]),
    metadataHash([topic('plain', 'AAAAAAAAAAAAAAAAAAAAAg', 3)]),
    metadataHash([plain, topic('other', 'AAAAAAAAAAAAAAAAAAAAAw', 1)]),
  ];
  plain.partitions.push({ index: 3, leaderEpoch: 0, partitionEpoch: 0 });
  hashes.push(metadataHash([plain]));
  assert.equal(new Set(hashes).size, hashes.length);
});
