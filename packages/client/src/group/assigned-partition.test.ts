import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeCrc } from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { AssignedPartition } from './assigned-partition.ts';
import type { GroupMessage } from './group-message.ts';
import { StreamReader } from './stream-reader.ts';

/** A partition that begins at `start`, with what it has said is done with. */
function partitionAt(start: number, index = 0) {
  const released: number[] = [];
  const source = { topic: 't', partition: index, value: undefined, key: undefined };
  const partition = new AssignedPartition<Buffer, Buffer>(source, start, 1000, (_, bytes) =>
    released.push(bytes),
  );
  return { partition, released };
}

function batch(baseOffset: number, count: number): Buffer {
  const builder = new BatchBuilder();
  for (let i = 0; i < count; i++) builder.append(null, `v${baseOffset + i}`, [], 0);
  return builder.build({ baseOffset });
}

const read = (partition: AssignedPartition<Buffer, Buffer>): GroupMessage | undefined =>
  partition.take((records) => records.read());

const offsetToCommit = ({ uncommitted }: AssignedPartition<Buffer, Buffer>) => uncommitted?.offset;

test('the highest mark is what is to be committed: the offset behind it, with its note', () => {
  const { partition } = partitionAt(5);
  partition.add(batch(5, 3), null);
  const [a, b] = [read(partition), read(partition)];
  assert.equal(offsetToCommit(partition), undefined, 'nothing that was not marked');
  b?.mark('note');
  a?.mark();
  assert.deepEqual(partition.uncommitted, { offset: 7, metadata: 'note' });
  partition.committed(7, partition.era);
  assert.equal(offsetToCommit(partition), undefined);
  read(partition)?.mark();
  partition.committed(6, partition.era);
  assert.equal(offsetToCommit(partition), 8, 'a late answer to an earlier commit takes nothing back');
});

test('a partition that was given up gives nothing more, takes no marks, and lets its bytes go', () => {
  const { partition, released } = partitionAt(0);
  const bytes = batch(0, 2);
  partition.add(bytes, null);
  const message = read(partition);
  partition.halt();
  assert.equal(read(partition), undefined);
  assert.deepEqual(released, [bytes.length]);
  message?.mark();
  assert.equal(partition.uncommitted?.offset, 1, 'what is in the hands of the program may still be marked');
  partition.giveUp();
  partition.mark(9, '');
  assert.equal(partition.uncommitted?.offset, 1);
  partition.resume();
  assert.equal(partition.state.isPaused, true, 'nobody wakes it up');
});

test('rewinding hands out again what was not marked, and nothing else', () => {
  const { partition } = partitionAt(0);
  partition.add(batch(0, 4), null);
  read(partition)?.mark();
  read(partition);
  partition.rewind();
  assert.equal(partition.state.position, 1);
  partition.add(batch(0, 4), null);
  assert.equal(read(partition)?.offset, 1);
  read(partition)?.mark();
  const { generation } = partition.state;
  partition.rewind();
  assert.equal(partition.state.generation, generation, 'all was marked: what is fetched stays');
});

test('a stream reads partitions in turn, and waits with giving one up for what the program has in hand', async () => {
  const reader = new StreamReader<Buffer, Buffer>();
  const [a, b] = [partitionAt(0, 0).partition, partitionAt(0, 1).partition];
  a.add(batch(0, 1), null);
  b.add(batch(0, 2), null);
  reader.add(a);
  reader.add(b);
  const take = (): GroupMessage | undefined => reader.take((records) => records.read());
  assert.equal(take()?.partition, 0);
  const fromB = take();
  assert.equal(fromB?.partition, 1);

  let isFree = false;
  const free = reader.isLetGo([b]).then(() => {
    isFree = true;
  });
  await reader.isLetGo([a]);
  assert.equal(isFree, false);
  fromB?.mark();
  await free;
  const second = take();
  const asked = reader.isLetGo([b]);
  assert.equal(second?.offset, 1);
  assert.equal(take(), undefined, 'asking for more lets go as well');
  await asked;
});

test('a partition that is always full does not keep the others from being read', () => {
  const reader = new StreamReader<Buffer, Buffer>();
  const [a, b] = [partitionAt(0, 0).partition, partitionAt(0, 1).partition];
  a.add(batch(0, 5000), null);
  b.add(batch(0, 1), null);
  reader.add(a);
  reader.add(b);
  const partitions = Array.from({ length: 2000 }, () => reader.take((records) => records.read())?.partition);
  assert.ok(partitions.includes(1));
});

function damaged(baseOffset: number): Buffer {
  const builder = new BatchBuilder();
  builder.append(null, 'x'.repeat(100), [], 0);
  const bytes = builder.build({ baseOffset, compression: 1 });
  bytes.fill(0xff, 61, 70);
  writeCrc(bytes, 0);
  return bytes;
}

test('a stream is told of records that cannot be decompressed, unless nobody wants them any more', async () => {
  const reader = new StreamReader<Buffer, Buffer>();
  const [a, b] = [partitionAt(0, 0).partition, partitionAt(0, 1).partition];
  const take = (): GroupMessage | undefined => reader.take((records) => records.read());
  a.add(damaged(0), null);
  reader.add(a);
  assert.equal(take(), undefined);
  a.go(1);
  await reader.changed();
  a.add(batch(1, 1), null);
  reader.add(a);
  assert.equal(take()?.offset, 1);

  b.add(damaged(0), null);
  reader.add(b);
  assert.equal(take(), undefined);
  await reader.changed();
  assert.throws(take, { code: 'CORRUPT_MESSAGE' });
});

test('marks and commits count from where the program went, not from where it was', () => {
  const { partition } = partitionAt(0);
  partition.add(batch(0, 9), null);
  for (let i = 0; i < 9; i++) read(partition)?.mark();
  const { era } = partition;
  partition.go(2);
  partition.committed(9, era);
  partition.add(batch(0, 9), null);
  read(partition)?.mark();
  assert.equal(offsetToCommit(partition), 3);
});
