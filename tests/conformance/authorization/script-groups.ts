// Requests about groups and their offsets.

import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import { OffsetFetch } from '@klamm/protocol/api/09-offset-fetch';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { JoinGroup } from '@klamm/protocol/api/11-join-group';
import { Heartbeat } from '@klamm/protocol/api/12-heartbeat';
import { LeaveGroup } from '@klamm/protocol/api/13-leave-group';
import { SyncGroup } from '@klamm/protocol/api/14-sync-group';
import { DescribeGroups } from '@klamm/protocol/api/15-describe-groups';
import { ListGroups } from '@klamm/protocol/api/16-list-groups';
import { OffsetDelete } from '@klamm/protocol/api/47-offset-delete';
import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { ConsumerGroupDescribe } from '@klamm/protocol/api/69-consumer-group-describe';
import { EVERY_GROUP, EVERY_TOPIC, EVERY_TRANSACTION, TEAM } from './cast.ts';
import { from, type Row, rows } from './row.ts';

const GHOST = 'GhOsTGhOsTGhOsTGhOsTGA';
const NO_BYTES = Buffer.alloc(0);
const OFFSETS_BY_ID_SINCE = 10;
const MANY_GROUPS_SINCE = 8;

export function groupRows(): Row[] {
  return [...coordinatorRows(), ...memberRows(), ...offsetRows(), ...consumerRows()];
}

function coordinatorRows(): Row[] {
  const one = ['orders-group', 'logs-group', 'secret-group'];
  return [
    ...rows(FindCoordinator, from(4, 6), 'of groups', () => ({ keyType: 0, coordinatorKeys: EVERY_GROUP })),
    ...rows(FindCoordinator, from(4, 6), 'of transactions', () => ({
      keyType: 1,
      coordinatorKeys: EVERY_TRANSACTION,
    })),
    ...rows(FindCoordinator, [6], 'of the state of a share group', () => ({
      keyType: 2,
      coordinatorKeys: ['orders-group:YOEiIlwTQAmoJIBLhSrGlQ:0'],
    })),
    ...one.flatMap((key) => rows(FindCoordinator, [0, 1, 3], `of ${key}`, () => ({ key, keyType: 0 }))),
    ...['orders-tx', 'none-tx'].flatMap((key) =>
      rows(FindCoordinator, [1, 3], `of ${key}`, () => ({ key, keyType: 1 })),
    ),
    ...rows(ListGroups, from(0, 5), '', () => ({})),
    ...rows(DescribeGroups, from(0, 6), 'of every group', () => ({
      groups: EVERY_GROUP,
      includeAuthorizedOperations: true,
    })),
  ];
}

/** Of a member that is none: the group is not changed by it. */
function memberRows(): Row[] {
  return ['orders-group', 'logs-group', 'none-group'].flatMap((groupId) => [
    ...rows(JoinGroup, [2, 5, 9], groupId, () => ({
      groupId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId: GHOST,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: NO_BYTES }],
    })),
    ...rows(SyncGroup, [0, 3, 5], groupId, () => ({
      groupId,
      generationId: 1,
      memberId: GHOST,
      protocolType: 'consumer',
      protocolName: 'range',
    })),
    ...rows(Heartbeat, [0, 4], groupId, () => ({ groupId, generationId: 1, memberId: GHOST })),
    ...rows(LeaveGroup, [0, 3, 5], groupId, () => ({
      groupId,
      memberId: GHOST,
      members: [{ memberId: GHOST }],
    })),
  ]);
}

function offsetRows(): Row[] {
  const commit = (groupId: string): Row[] =>
    rows(OffsetCommit, from(2, 10), `of every topic in ${groupId}`, (version, { idOf }) => ({
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: EVERY_TOPIC.map((name) => ({
        ...(version >= OFFSETS_BY_ID_SINCE ? { topicId: idOf(name) } : { name }),
        partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
      })),
    }));
  return [
    ...['orders-group', 'logs-group'].flatMap(commit),
    ...['orders-group', 'logs-group', 'secret-group'].flatMap((groupId) => [
      ...rows(OffsetFetch, [1, 5, 7], `of every topic in ${groupId}`, () => ({
        groupId,
        topics: EVERY_TOPIC.map((name) => ({ name, partitionIndexes: [0] })),
      })),
      ...rows(OffsetFetch, [2, 7], `of all in ${groupId}`, () => ({ groupId, topics: null })),
    ]),
    ...rows(OffsetFetch, from(MANY_GROUPS_SINCE, 10), 'of every group and topic', (version, { idOf }) => ({
      groups: EVERY_GROUP.map((groupId) => ({
        groupId,
        topics: EVERY_TOPIC.map((name) => ({
          ...(version >= OFFSETS_BY_ID_SINCE ? { topicId: idOf(name) } : { name }),
          partitionIndexes: [0],
        })),
      })),
    })),
    ...rows(OffsetFetch, from(MANY_GROUPS_SINCE, 10), 'of all in every group', () => ({
      groups: EVERY_GROUP.map((groupId) => ({ groupId, topics: null })),
    })),
    ...['orders-group', 'logs-group', 'none-group'].flatMap((groupId) =>
      rows(OffsetDelete, [0], `of every topic in ${groupId}`, () => ({
        groupId,
        topics: EVERY_TOPIC.map((name) => ({ name, partitions: [{ partitionIndex: 0 }] })),
      })),
    ),
  ];
}

function consumerRows(): Row[] {
  const joins = [
    ['orders-consumer', ['orders']],
    ['orders-consumer', ['orders', 'secret']],
    ['logs-consumer', ['logs.app']],
    ['logs-consumer', ['nothing-here']],
    ['secret-consumer', ['public']],
  ] as const;
  return [
    ...joins.flatMap(([groupId, topics]) => [
      ...rows(ConsumerGroupHeartbeat, [1], `${groupId} with ${topics.join(' and ')}`, () => ({
        groupId,
        memberId: GHOST,
        memberEpoch: 0,
        rebalanceTimeoutMs: 60_000,
        subscribedTopicNames: [...topics],
        topicPartitions: [],
      })),
      ...rows(ConsumerGroupHeartbeat, [0, 1], `${groupId} leaving`, () => ({
        groupId,
        memberId: GHOST,
        memberEpoch: -1,
      })),
    ]),
    ...rows(ConsumerGroupDescribe, [0, 1], 'of every group', () => ({
      groupIds: [...EVERY_GROUP, TEAM.groupId],
      includeAuthorizedOperations: true,
    })),
  ];
}
