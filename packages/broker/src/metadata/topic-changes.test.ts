import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomUuid } from '@klamm/base/random';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { decodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { MetadataImage } from './image.ts';
import {
  checkNewTopic,
  checkPartitionCount,
  createTopicRecords,
  type NewTopic,
  partitionRecords,
  removeTopicRecords,
  topicNameProblem,
} from './topic-changes.ts';

const NODE = { nodeId: 7, directoryId: 'k5YPAIOeS1iNqL5FmotDew' };
const DEFAULTS = { nodeId: NODE.nodeId, partitions: 4 };

const wanted = (of: Partial<NewTopic>): NewTopic => ({
  name: 't',
  id: randomUuid(),
  numPartitions: -1,
  replicationFactor: -1,
  assignments: [],
  configs: [],
  ...of,
});

function apply(image: MetadataImage, records: readonly Buffer[]): void {
  for (const record of records) image.replay(decodeMetadata(record), 0);
}

function imageWith(...names: string[]): MetadataImage {
  const image = new MetadataImage();
  for (const name of names) apply(image, createTopicRecords(wanted({ name }), 2, NODE));
  return image;
}

const NAMES: [string, boolean][] = [
  ['orders', true],
  ['Orders.v2_new-1', true],
  ['x'.repeat(249), true],
  ['x'.repeat(250), false],
  ['', false],
  ['.', false],
  ['..', false],
  ['...', true],
  ['a b', false],
  ['a/b', false],
  ['größe', false],
];

for (const [name, isGood] of NAMES) {
  test(`"${name.slice(0, 20)}" (${name.length}) is ${isGood ? 'a' : 'no'} topic name`, () => {
    assert.equal(topicNameProblem(name) === null, isGood);
  });
}

const REFUSED: [string, Partial<NewTopic>, number, RegExp][] = [
  [
    "the metadata log's own name",
    { name: '__cluster_metadata' },
    ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    /cluster's own log/,
  ],
  ['a name that is there', { name: 'a.b' }, ErrorCode.TOPIC_ALREADY_EXISTS, /already exists/],
  ['a name like one that is there', { name: 'a_b' }, ErrorCode.INVALID_TOPIC_EXCEPTION, /'a\.b'/],
  ['less than no partitions', { numPartitions: -2 }, ErrorCode.INVALID_PARTITIONS, /-2/],
  ['too many partitions', { numPartitions: 10_001 }, ErrorCode.INVALID_PARTITIONS, /1 to 10000/],
  ['no replicas', { replicationFactor: 0 }, ErrorCode.INVALID_REPLICATION_FACTOR, /factor is 0/],
  [
    'an assignment and a number',
    { numPartitions: 1, assignments: [{ partitionIndex: 0, brokerIds: [7] }] },
    ErrorCode.INVALID_REQUEST,
    /not both/,
  ],
  [
    'an assignment with a gap',
    { assignments: [{ partitionIndex: 1, brokerIds: [7] }] },
    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    /without a gap/,
  ],
  [
    'an assignment to another broker',
    { assignments: [{ partitionIndex: 0, brokerIds: [8] }] },
    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    /names broker 8; there is only broker 7/,
  ],
  [
    'an assignment to nobody',
    { assignments: [{ partitionIndex: 0, brokerIds: [] }] },
    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    /no replica/,
  ],
  [
    'an assignment to two',
    { assignments: [{ partitionIndex: 0, brokerIds: [7, 8] }] },
    ErrorCode.INVALID_REPLICATION_FACTOR,
    /one node/,
  ],
  [
    'a setting without a value',
    { configs: [{ name: 'retention.ms', value: null }] },
    ErrorCode.INVALID_CONFIG,
    /Null value/,
  ],
];

for (const [what, of, errorCode, message] of REFUSED) {
  test(`a new topic with ${what} is refused`, () => {
    const checked = checkNewTopic(imageWith('a.b'), wanted(of), DEFAULTS);
    assert.ok('errorCode' in checked);
    assert.equal(checked.errorCode, errorCode);
    assert.match(checked.errorMessage, message);
  });
}

test('partitions of a new topic: the default, a number, or one per assignment', () => {
  const image = new MetadataImage();
  const partitions = (of: Partial<NewTopic>) => checkNewTopic(image, wanted(of), DEFAULTS);
  assert.deepEqual(partitions({}), { partitions: 4 });
  assert.deepEqual(partitions({ numPartitions: 9, replicationFactor: 1 }), { partitions: 9 });
  const assignments = [1, 0].map((partitionIndex) => ({ partitionIndex, brokerIds: [7] }));
  assert.deepEqual(partitions({ assignments }), { partitions: 2 });
});

test('a topic grows, never shrinks, and only onto this node', () => {
  const topic = imageWith('t').topic('t');
  assert.ok(topic);
  const refusal = (count: number, assignments: { brokerIds: number[] }[] | null = null) =>
    checkPartitionCount(topic, count, assignments, NODE.nodeId)?.errorCode;
  assert.equal(refusal(3), undefined);
  assert.equal(refusal(3, [{ brokerIds: [7] }]), undefined);
  assert.equal(refusal(2), ErrorCode.INVALID_PARTITIONS);
  assert.equal(refusal(1), ErrorCode.INVALID_PARTITIONS);
  assert.equal(refusal(10_001), ErrorCode.INVALID_PARTITIONS);
  assert.equal(refusal(4, [{ brokerIds: [7] }]), ErrorCode.INVALID_REPLICA_ASSIGNMENT);
  assert.equal(refusal(3, [{ brokerIds: [9] }]), ErrorCode.INVALID_REPLICA_ASSIGNMENT);
});

test('the records of a topic replay into what was asked for, and a removal takes its settings along', () => {
  const image = new MetadataImage();
  const topic = wanted({ configs: [{ name: 'retention.ms', value: '5' }] });
  apply(image, createTopicRecords(topic, 2, NODE));
  apply(image, partitionRecords(topic.id, 2, 3, NODE));
  assert.deepEqual(
    image.topic('t')?.partitions.map(({ index }) => index),
    [0, 1, 2],
  );
  assert.equal(image.configs(2, 't').get('retention.ms'), '5');
  const removal = removeTopicRecords(image, image.topic('t') ?? assert.fail());
  // Apache Kafka forgets the settings only where it is told so.
  assert.deepEqual(
    removal.map((record) => decodeMetadata(record).type),
    [4, 9],
  );
  apply(image, removal.slice(0, 1));
  assert.equal(image.configs(2, 't').size, 0);
  apply(image, removal.slice(1));
  assert.equal(image.topic('t'), undefined);
  assert.equal(image.configs(2, 't').size, 0);
});
