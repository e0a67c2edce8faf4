// Of what brokers say about the cluster, the newest counts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { codecOf } from '@klamm/protocol/schema/compile';
import { Reader } from '@klamm/protocol/wire/reader';
import { Writer } from '@klamm/protocol/wire/writer';
import { type MetadataAnswer, MetadataCache } from './metadata-cache.ts';

const ID = 'dG9waWMtaWQtZm9yLXRlcw';
const OTHER_ID = 'b3RoZXItdG9waWMtaWQtMA';

/** An answer: brokers by id, and who leads the partitions of `t`, as [leader, epoch]. */
function says(
  brokers: readonly number[],
  leaders: readonly [number, number][],
  topicId = ID,
): MetadataAnswer {
  const writer = new Writer();
  const codec = codecOf(Metadata.response, 12);
  codec.encode(writer, {
    brokers: brokers.map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092 })),
    topics: [
      {
        name: 't',
        topicId,
        partitions: leaders.map(([leaderId, leaderEpoch], partitionIndex) => {
          return { partitionIndex, leaderId, leaderEpoch };
        }),
      },
    ],
  });
  return codec.decode(new Reader(writer.toBuffer())) as MetadataAnswer;
}

function leadersIn(cache: MetadataCache): (readonly [number, number])[] {
  return (cache.topic('t')?.partitions ?? []).map(({ leader, leaderEpoch }) => [leader, leaderEpoch]);
}

test('a partition keeps its leader of the higher epoch, and the way there, whatever is told later', () => {
  const cache = new MetadataCache();
  cache.learn(
    says(
      [1, 2, 3],
      [
        [2, 5],
        [3, 5],
      ],
    ),
    0,
  );
  cache.learn(
    says(
      [1, 3],
      [
        [1, 4],
        [1, 6],
      ],
    ),
    1,
  );
  assert.deepEqual(leadersIn(cache), [
    [2, 5],
    [1, 6],
  ]);
  assert.deepEqual(cache.addressOf(2), { host: 'b2', port: 9092 });
  cache.learn(
    says(
      [1, 3],
      [
        [1, 6],
        [1, 6],
      ],
    ),
    2,
  );
  assert.deepEqual(leadersIn(cache), [
    [1, 6],
    [1, 6],
  ]);
  assert.equal(cache.addressOf(2), undefined);
});

test('a topic that was made anew begins with new epochs, and a broker without epochs is believed', () => {
  const cache = new MetadataCache();
  cache.learn(says([1, 2], [[2, 5]]), 0);
  cache.learn(says([1, 2], [[1, 0]], OTHER_ID), 1);
  assert.deepEqual(leadersIn(cache), [[1, 0]]);
  cache.learn(says([1, 2], [[2, -1]], OTHER_ID), 2);
  assert.deepEqual(leadersIn(cache), [[2, -1]]);
});

test('an answer that knows nothing but what proved wrong is told apart', () => {
  const cache = new MetadataCache();
  assert.equal(cache.learn(says([1, 2], [[2, 5]]), 0), true);
  assert.equal(cache.learn(says([1, 2], [[2, 5]]), 1), true, 'nobody said it was wrong');
  cache.invalidate('t');
  assert.equal(cache.fresh('t', 0), undefined);
  assert.equal(cache.learn(says([1, 2], [[2, 4]]), 2), false, 'older');
  cache.invalidate('t');
  assert.equal(cache.learn(says([1, 2], [[2, 5]]), 3), false, 'the same');
  cache.invalidate('t');
  assert.equal(cache.learn(says([1, 2], [[1, 6]]), 4), true);
  assert.equal(cache.fresh('t', 5), undefined);
  assert.equal(cache.fresh('t', 4)?.partitions.length, 1);
});

test('a refusal that names the new leader is taken where it is newer, with the way there', () => {
  const cache = new MetadataCache();
  cache.learn(says([1, 2], [[1, 5]]), 0);
  const hint = (from: number, leaderId: number, leaderEpoch: number, endpoints: number[] = []) =>
    cache.learnLeader({
      from,
      topic: 't',
      partition: 0,
      leader: { leaderId, leaderEpoch },
      endpoints: endpoints.map((nodeId) => ({ nodeId, host: `new${nodeId}`, port: 9093 })),
    });
  assert.equal(hint(1, -1, -1), undefined, 'it names nobody');
  assert.equal(hint(1, 3, 6), undefined, 'nobody knows the way');
  assert.equal(hint(1, 3, 6, [3]), 3);
  assert.deepEqual([leadersIn(cache), cache.addressOf(3)], [[[3, 6]], { host: 'new3', port: 9093 }]);
  assert.equal(hint(1, 2, 5, [2]), 3, 'what is known is newer');
  assert.equal(hint(3, 1, 5, [1]), undefined, 'who is known refused');
  assert.equal(hint(3, 3, 7, [3]), undefined, 'who refused names itself');
});
