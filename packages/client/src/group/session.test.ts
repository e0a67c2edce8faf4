import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '@klamm/base/clock';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { AssignedPartition } from './assigned-partition.ts';
import { eachMessage } from './concurrency.ts';
import { PollWatch } from './poll-watch.ts';
import { type GroupHandler, RunningSession } from './session.ts';

function partitionWith(index: number, count: number): AssignedPartition<Buffer, Buffer> {
  const source = { topic: 't', partition: index, value: undefined, key: undefined };
  const partition = new AssignedPartition<Buffer, Buffer>(source, 0, 1000, () => {});
  const builder = new BatchBuilder();
  for (let i = 0; i < count; i++) builder.append(null, `${i}`, [], 0);
  if (count > 0) partition.add(builder.build(), null);
  return partition;
}

function run(handler: GroupHandler, partitions: readonly AssignedPartition<Buffer, Buffer>[]) {
  const actions = { markOffset: () => {}, commit: async () => {} };
  const watch = new PollWatch(systemClock, 60_000, () => {});
  return new RunningSession(
    handler,
    partitions,
    { groupId: 'g', memberId: 'm', generation: 3, instanceId: null },
    actions,
    watch,
  );
}

test('setup comes before the claims, cleanup after all of them have ended', async () => {
  const seen: string[] = [];
  const session = run(
    {
      setup: ({ claims, generation }) => void seen.push(`setup ${claims.length} ${generation}`),
      async consumeClaim(claim, { markMessage }) {
        for await (const message of claim) {
          seen.push(`${message.partition}/${message.offset}`);
          markMessage(message);
        }
        seen.push(`end ${claim.partition}`);
      },
      cleanup: () => void seen.push('cleanup'),
    },
    [partitionWith(0, 2), partitionWith(1, 1)],
  );
  while (seen.length < 4) await turn();
  await session.end();
  assert.equal(seen[0], 'setup 2 3');
  assert.deepEqual(seen.slice(1, 4).sort(), ['0/0', '0/1', '1/0']);
  assert.deepEqual(seen.slice(4), ['end 0', 'end 1', 'cleanup']);
});

test('a claim ends when its partition is halted, and the others go on', async () => {
  const ended: number[] = [];
  const [a, b] = [partitionWith(0, 0), partitionWith(1, 0)];
  const session = run(
    {
      async consumeClaim(claim) {
        for await (const _ of claim);
        ended.push(claim.partition);
      },
    },
    [a, b],
  );
  await turn();
  a.halt();
  await turn();
  assert.deepEqual(ended, [0]);
  await session.end();
  assert.deepEqual(ended, [0, 1]);
});

test('what one claim throws ends the others, is cleaned up after, and is told', async () => {
  const seen: string[] = [];
  const session = run(
    {
      async consumeClaim(claim) {
        for await (const _ of claim) throw new Error('cannot be processed');
        seen.push('the other has ended');
      },
      cleanup: () => void seen.push('cleanup'),
    },
    [partitionWith(0, 1), partitionWith(1, 0)],
  );
  await assert.rejects(session.done, /cannot be processed/);
  assert.deepEqual(seen, ['the other has ended', 'cleanup']);
});

test('each: side by side up to the limit, in order within a partition, marked only when done', async () => {
  const partitions = [0, 1, 2].map((index) => partitionWith(index, 5));
  let inHand = 0;
  let most = 0;
  const order = new Map<number, number[]>();
  const handler = eachMessage<Buffer, Buffer>(async ({ partition, offset }) => {
    most = Math.max(most, ++inHand);
    await turn();
    order.set(partition, [...(order.get(partition) ?? []), offset]);
    inHand--;
    if (partition === 2 && offset === 3) throw new Error('fails');
  }, 2);
  const session = run(handler, partitions);
  await assert.rejects(session.done, /fails/);
  assert.equal(most, 2);
  for (const offsets of order.values()) assert.deepEqual(offsets, [...offsets].sort());
  assert.equal(partitions[2]?.uncommitted?.offset, 3, 'the one that failed is not marked');
});

test('a reader that is busy for too long is told once; one that asks again in time is not', async () => {
  let told = 0;
  const watch = new PollWatch(systemClock, 20, () => told++);
  const [slow, quick] = [{}, {}];
  const hold = setTimeout(() => {}, 60_000);
  watch.begin(quick);
  watch.end(quick);
  watch.begin(slow);
  while (told === 0) await turn();
  watch.end(slow);
  assert.equal(told, 1);
  watch.close();
  clearTimeout(hold);
});
