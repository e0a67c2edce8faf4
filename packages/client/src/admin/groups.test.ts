// What the administrator makes of a broker's answers about groups, the rare ones above all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import { OffsetFetch } from '@klamm/protocol/api/09-offset-fetch';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { LeaveGroup } from '@klamm/protocol/api/13-leave-group';
import { DescribeGroups } from '@klamm/protocol/api/15-describe-groups';
import { ListGroups } from '@klamm/protocol/api/16-list-groups';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { DeleteGroups } from '@klamm/protocol/api/42-delete-groups';
import { OffsetDelete } from '@klamm/protocol/api/47-offset-delete';
import { ConsumerGroupDescribe } from '@klamm/protocol/api/69-consumer-group-describe';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { ConsumerProtocolAssignment } from '@klamm/protocol/groups/assignment';
import { ConsumerProtocolSubscription } from '@klamm/protocol/groups/subscription';
import { encodeVersioned } from '@klamm/protocol/groups/versioned';
import type { Api } from '@klamm/protocol/schema/message';
import { Kafka } from '../client.ts';
import { ScriptedBroker } from '../network/scripted-broker.ts';

const APIS: readonly Api[] = [
  Metadata,
  OffsetCommit,
  OffsetFetch,
  FindCoordinator,
  LeaveGroup,
  DescribeGroups,
  ListGroups,
  ApiVersions,
  DeleteGroups,
  OffsetDelete,
  ConsumerGroupDescribe,
] as readonly Api[];

/** A broker that coordinates every group, and an administrator. */
async function start(apis: readonly Api[] = APIS, versionMax: Partial<Record<string, number>> = {}) {
  const broker = await ScriptedBroker.start();
  broker.on(ApiVersions, () => ({
    apiKeys: apis.map(({ key, name, versions }) => ({
      apiKey: key,
      minVersion: versions[0],
      maxVersion: versionMax[name] ?? versions[1],
    })),
  }));
  broker.on(FindCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: '127.0.0.1', port: broker.port })),
  }));
  broker.on(DescribeGroups, () => notFound);
  broker.on(ConsumerGroupDescribe, () => ({ groups: [{ errorCode: ErrorCode.GROUP_ID_NOT_FOUND }] }));
  const kafka = new Kafka({ brokers: broker.bootstrap, retryBackOff: { firstMs: 1, mostMs: 5 } });
  const admin = kafka.admin();
  return {
    broker,
    admin,
    async [Symbol.asyncDispose]() {
      await admin.close();
      await broker[Symbol.asyncDispose]();
    },
  };
}

const notFound = { groups: [{ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, groupState: 'Dead' }] };

function classicGroup(memberCount: number, metadata: Buffer, assignment: Buffer) {
  return {
    groups: [
      {
        groupId: 'g',
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
        members: Array.from({ length: memberCount }, (_, i) => ({
          memberId: `member-${i}`,
          groupInstanceId: i === 0 ? 'static' : null,
          clientId: 'app',
          clientHost: '/10.0.0.1',
          memberMetadata: metadata,
          memberAssignment: assignment,
        })),
      },
    ],
  };
}

const subscription = encodeVersioned(ConsumerProtocolSubscription, { topics: ['orders', 'refunds'] }, 1);
const assignment = encodeVersioned(
  ConsumerProtocolAssignment,
  {
    assignedPartitions: [{ topic: 'orders', partitions: [0, 2] }],
  },
  1,
);

test('a classic group is described by what its members said and were assigned', async () => {
  await using group = await start();
  group.broker.on(DescribeGroups, () => classicGroup(1, subscription, assignment));
  assert.deepEqual(await group.admin.describeGroup('g'), {
    groupId: 'g',
    type: 'classic',
    state: 'Stable',
    protocolType: 'consumer',
    assignor: 'range',
    groupEpoch: null,
    members: [
      {
        memberId: 'member-0',
        instanceId: 'static',
        rackId: null,
        clientId: 'app',
        host: '10.0.0.1',
        protocol: 'classic',
        memberEpoch: null,
        topics: ['orders', 'refunds'],
        pattern: null,
        assignment: [
          { topic: 'orders', partition: 0 },
          { topic: 'orders', partition: 2 },
        ],
        target: null,
      },
    ],
  });
});

test('members that speak a language of their own are described without what they say', async () => {
  await using group = await start();
  for (const bytes of [Buffer.from('{"url":"http://worker"}'), Buffer.alloc(0), Buffer.from([0, 1, 255])]) {
    group.broker.on(DescribeGroups, () => classicGroup(1, bytes, bytes));
    const { members } = await group.admin.describeGroup('g');
    assert.deepEqual([members[0]?.topics, members[0]?.assignment], [null, []]);
  }
});

test('a group of the consumer protocol tells epochs, patterns, and what is still to move', async () => {
  await using group = await start();
  const member = {
    memberId: 'm',
    memberEpoch: 6,
    clientId: 'app',
    clientHost: '/10.0.0.1',
    subscribedTopicNames: [],
    subscribedTopicRegex: 'ord.*',
    assignment: { topicPartitions: [{ topicName: 'orders', partitions: [0] }] },
    targetAssignment: { topicPartitions: [{ topicName: 'orders', partitions: [0, 1] }] },
  };
  group.broker.on(ConsumerGroupDescribe, () => ({
    groups: [
      {
        groupId: 'g',
        groupState: 'Reconciling',
        groupEpoch: 7,
        assignmentEpoch: 7,
        assignorName: 'uniform',
        members: [
          { ...member, memberType: 1 },
          { ...member, memberId: 'old', memberType: 0, subscribedTopicRegex: '' },
        ],
      },
    ],
  }));
  const { type, state, assignor, groupEpoch, members } = await group.admin.describeGroup('g');
  assert.deepEqual([type, state, assignor, groupEpoch], ['consumer', 'Reconciling', 'uniform', 7]);
  assert.deepEqual(
    members.map(({ protocol, memberEpoch, pattern }) => [protocol, memberEpoch, pattern]),
    [
      ['consumer', 6, 'ord.*'],
      ['classic', 6, null],
    ],
  );
  assert.deepEqual(members[0]?.assignment, [{ topic: 'orders', partition: 0 }]);
  assert.deepEqual(
    members[0]?.target?.map(({ partition }) => partition),
    [0, 1],
  );
});

test('a group that is not there is GROUP_ID_NOT_FOUND, also of a broker from before the consumer protocol', async () => {
  const old = APIS.filter((each) => each.key !== ConsumerGroupDescribe.key);
  for (const [apis, versionMax] of [
    [APIS, {}],
    [old, { DescribeGroups: 5 }],
  ] as const) {
    await using group = await start(apis, versionMax);
    // Before v6 a group that is not there is no error.
    if (apis === old) {
      group.broker.on(DescribeGroups, () => ({ groups: [{ groupId: 'g', groupState: 'Dead' }] }));
    }
    await assert.rejects(group.admin.describeGroup('g'), { code: 'GROUP_ID_NOT_FOUND', message: /"g"/ });
  }
});

test('the groups of a broker that still loads them are waited for, and filtered where it cannot', async () => {
  await using group = await start();
  let asked = 0;
  group.broker.on(ListGroups, ({ statesFilter }) => {
    assert.deepEqual(statesFilter, ['stable']);
    if (++asked < 3) return { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS };
    const all = ['Stable', 'Empty', 'Stable'];
    return {
      groups: all.map((groupState, i) => ({ groupId: `g${2 - i}`, groupState, groupType: 'classic' })),
    };
  });
  const listed = await group.admin.listGroups({ states: ['stable'] });
  assert.deepEqual(
    listed.map(({ groupId }) => groupId),
    ['g0', 'g2'],
  );
  group.broker.on(ListGroups, () => ({ errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED }));
  await assert.rejects(group.admin.listGroups(), { code: 'CLUSTER_AUTHORIZATION_FAILED' });
});

test('committed offsets are told by topic and partition, without those that are none', async () => {
  await using group = await start();
  group.broker.on(OffsetFetch, ({ groups }) => {
    assert.deepEqual([groups.length, groups[0]?.groupId, groups[0]?.topics], [1, 'g', null]);
    const partitions = [
      { partitionIndex: 1, committedOffset: 5, metadata: 'note' },
      { partitionIndex: 0, committedOffset: 0, metadata: null },
      { partitionIndex: 2, committedOffset: -1, metadata: '' },
    ];
    return { groups: [{ groupId: 'g', topics: ['b', 'a'].map((name) => ({ name, partitions })) }] };
  });
  const offsets = await group.admin.groupOffsets('g');
  assert.deepEqual(
    offsets.map(({ topic, partition, offset, metadata }) => [topic, partition, offset, metadata]),
    [
      ['a', 0, 0, ''],
      ['a', 1, 5, 'note'],
      ['b', 0, 0, ''],
      ['b', 1, 5, 'note'],
    ],
  );
  group.broker.on(OffsetFetch, () => ({
    groups: [{ groupId: 'g', errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }],
  }));
  await assert.rejects(group.admin.groupOffsets('g'), { code: 'GROUP_AUTHORIZATION_FAILED' });
});

test('whatever a group in use refuses, the error names who uses it', async () => {
  await using group = await start();
  const { broker, admin } = group;
  const place = { topic: 'orders', partition: 0, offset: 1 };
  broker.on(DescribeGroups, () => classicGroup(12, subscription, assignment));
  broker.on(OffsetCommit, () => ({
    topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, errorCode: ErrorCode.UNKNOWN_MEMBER_ID }] }],
  }));
  broker.on(OffsetDelete, () => ({ errorCode: ErrorCode.NON_EMPTY_GROUP }));
  broker.on(DeleteGroups, () => ({
    results: [{ groupId: 'g', errorCode: ErrorCode.NON_EMPTY_GROUP }],
  }));
  const refused = {
    code: 'NON_EMPTY_GROUP',
    message: /in use by member-0 \(app at 10\.0\.0\.1\), .* and 2 more\. Stop these first\.$/,
  };
  await assert.rejects(admin.setGroupOffsets('g', [place]), refused);
  await assert.rejects(admin.deleteGroupOffsets('g', [place]), refused);
  await assert.rejects(admin.deleteGroup('g'), refused);

  broker.on(DescribeGroups, () => notFound);
  const gone = { code: 'NON_EMPTY_GROUP', message: /was in use\. Try again\.$/ };
  await assert.rejects(admin.setGroupOffsets('g', [place]), gone, 'its members have gone since');
});

test('who reads other topics only is not said to stand in the way', async () => {
  await using group = await start();
  const member = (memberId: string, subscribedTopicNames: string[], subscribedTopicRegex: string) => {
    return { memberId, subscribedTopicNames, subscribedTopicRegex, memberType: 1 };
  };
  const members = [member('a', ['orders'], ''), member('b', ['other'], ''), member('c', [], 'o.*')];
  group.broker.on(ConsumerGroupDescribe, () => ({
    groups: [{ groupId: 'g', groupState: 'Stable', members }],
  }));
  group.broker.on(OffsetDelete, () => ({
    topics: [
      { name: 'orders', partitions: [{ partitionIndex: 0, errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC }] },
    ],
  }));
  await assert.rejects(group.admin.deleteGroupOffsets('g', [{ topic: 'orders', partition: 0 }]), {
    code: 'NON_EMPTY_GROUP',
    message: /in use by a \([^)]*\), c \([^)]*\)\. Stop/,
  });
});

test('another refusal is told with the partition, and its own code', async () => {
  await using group = await start();
  group.broker.on(OffsetCommit, ({ topics, generationIdOrMemberEpoch, memberId }) => {
    assert.deepEqual([generationIdOrMemberEpoch, memberId], [-1, '']);
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: partitionIndex === 7 ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : 0,
        })),
      })),
    };
  });
  const places = [0, 7].map((partition) => ({ topic: 'orders', partition, offset: 1 }));
  await assert.rejects(group.admin.setGroupOffsets('g', places), {
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
    message: /orders-7 in "g" was not set/,
  });
  await group.admin.setGroupOffsets('g', places.slice(0, 1));
});

test('members are taken out by id or instance id; one that is not there is named', async () => {
  await using group = await start();
  group.broker.on(LeaveGroup, ({ members }) => ({
    members: members.map(({ memberId, groupInstanceId, reason }) => {
      assert.equal(reason, 'moving');
      const errorCode = groupInstanceId === 'gone' ? ErrorCode.UNKNOWN_MEMBER_ID : 0;
      return { memberId, groupInstanceId, errorCode };
    }),
  }));
  const options = { reason: 'moving' };
  await group.admin.removeMembers('g', [{ memberId: 'm' }, { instanceId: 'here' }], options);
  await assert.rejects(group.admin.removeMembers('g', [{ memberId: 'm' }, { instanceId: 'gone' }], options), {
    code: 'UNKNOWN_MEMBER_ID',
    message: /gone was not taken out of "g"/,
  });
});
