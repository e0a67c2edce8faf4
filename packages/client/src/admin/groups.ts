// Groups: which there are, who is in them, and their removal. Groups of the classic and of the consumer protocol have
// one shape here; which protocol a group speaks is found out by asking.

import { LeaveGroup } from '@klamm/protocol/api/13-leave-group';
import { DescribeGroups } from '@klamm/protocol/api/15-describe-groups';
import { ListGroups } from '@klamm/protocol/api/16-list-groups';
import { DeleteGroups } from '@klamm/protocol/api/42-delete-groups';
import { ConsumerGroupDescribe } from '@klamm/protocol/api/69-consumer-group-describe';
import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import { ConsumerProtocolAssignment } from '@klamm/protocol/groups/assignment';
import { ConsumerProtocolSubscription } from '@klamm/protocol/groups/subscription';
import type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
import { listPartitions } from '@klamm/protocol/groups/topic-partition';
import { decodeVersioned } from '@klamm/protocol/groups/versioned';
import type { Decoded } from '@klamm/protocol/schema/fields';
import type { Cluster } from '../cluster.ts';
import { type Ask, withCoordinator } from './coordinator-requests.ts';
import { throwFirst } from './topics.ts';

export interface GroupListing {
  readonly groupId: string;
  /** `Stable`, `Empty`, `PreparingRebalance` …; empty where the broker is older than KIP-518. */
  readonly state: string;
  /** `classic`, `consumer`, `share`, `streams`; empty where the broker is older than KIP-848. */
  readonly type: string;
  /** `consumer` for consumers, empty for groups that only keep offsets. */
  readonly protocolType: string;
}

export interface GroupMember {
  readonly memberId: string;
  /** The name a static member keeps over restarts; null for a dynamic one. */
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly host: string;
  /** The protocol that this member speaks; a group may be moving from one to the other. */
  readonly protocol: 'classic' | 'consumer';
  /** Of the consumer protocol; null in the classic one. */
  readonly memberEpoch: number | null;
  /** Topics it subscribes to by name; null where it says it in a form of its own. */
  readonly topics: readonly string[] | null;
  /** Pattern it subscribes to; null for none. */
  readonly pattern: string | null;
  readonly assignment: readonly TopicPartition[];
  /** What it shall have, where that is not what it has; null where nobody says. */
  readonly target: readonly TopicPartition[] | null;
}

export interface GroupDescription {
  readonly groupId: string;
  readonly type: 'classic' | 'consumer';
  readonly state: string;
  /** `consumer` for consumers. */
  readonly protocolType: string;
  /** The assignor in use; empty while there is none. */
  readonly assignor: string;
  /** Of the consumer protocol; null in the classic one. */
  readonly groupEpoch: number | null;
  readonly members: readonly GroupMember[];
}

/** Filters for listGroups; each is an "any of". */
export interface ListGroupsOptions {
  readonly states?: readonly string[];
  readonly types?: readonly string[];
}

/** Members that an error names; a group may have thousands. */
const USERS_SHOWN = 10;

/** All groups of all brokers, by id. */
export async function listGroups(
  cluster: Cluster,
  { states = [], types = [] }: ListGroupsOptions,
): Promise<GroupListing[]> {
  const { cluster: described } = await cluster.listTopics([]);
  const body = { statesFilter: states, typesFilter: types };
  const answers = await Promise.all(
    described.brokers.map(({ nodeId }) =>
      // A broker that has just started does not know its groups yet, and says so.
      cluster.retry(async () => {
        const { errorCode, groups } = await cluster.request(ListGroups, body, { nodeId, retry: false });
        if (errorCode === 0) return groups;
        throw kafkaError(errorCode, `The groups cannot be listed: ${errorMeaning(errorCode)}`);
      }),
    ),
  );
  const found = answers.flat().map(({ groupId, groupState: state, groupType: type, protocolType }) => ({
    groupId,
    state,
    type,
    protocolType,
  }));
  // Older brokers know no filters, and answer with everything.
  const isOneOf = (wanted: readonly string[], value: string): boolean =>
    wanted.length === 0 || wanted.some((each) => each.toLowerCase() === value.toLowerCase());
  return found
    .filter(({ state, type }) => isOneOf(states, state) && isOneOf(types, type))
    .sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

/** Throws GROUP_ID_NOT_FOUND where there is none. */
export function describeGroup(cluster: Cluster, groupId: string): Promise<GroupDescription> {
  return withCoordinator(cluster, groupId, async (ask) => {
    const classic = await describeClassic(ask, groupId);
    if (classic !== undefined) return classic;
    const consumer = await describeConsumer(ask, groupId);
    if (consumer !== undefined) return consumer;
    throw kafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `There is no group "${groupId}".`);
  });
}

export async function deleteGroup(cluster: Cluster, groupId: string): Promise<void> {
  const { results } = await withCoordinator(cluster, groupId, (ask) =>
    ask(DeleteGroups, { groupsNames: [groupId] }),
  );
  const errorCode = results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  const isInUse = errorCode === ErrorCode.NON_EMPTY_GROUP;
  const errorMessage = isInUse ? await usersOf(cluster, groupId) : null;
  throwFirst([{ what: `The group "${groupId}" was not deleted`, errorCode, errorMessage }]);
}

/**
 * Who stands in the way of a change, as the end of a sentence.
 *
 * @param topic of members that subscribe to others only nothing is said
 */
export async function usersOf(cluster: Cluster, groupId: string, topic?: string): Promise<string> {
  // They may have gone since, and the group with them.
  const members = await describeGroup(cluster, groupId).then(
    (group) => group.members,
    () => [],
  );
  const names = members
    .filter(
      ({ topics, pattern }) => topic === undefined || pattern !== null || (topics?.includes(topic) ?? true),
    )
    .map(({ memberId, clientId, host }) => `${memberId} (${clientId} at ${host})`);
  if (names.length === 0) return 'the group was in use. Try again.';
  const shown = names.slice(0, USERS_SHOWN).join(', ');
  const more = names.length > USERS_SHOWN ? ` and ${names.length - USERS_SHOWN} more` : '';
  return `the group is in use by ${shown}${more}. Stop these first.`;
}

/** Takes members out, by member id or by instance id; those that still run join again. */
export async function removeMembers(
  cluster: Cluster,
  groupId: string,
  members: readonly { readonly memberId?: string; readonly instanceId?: string }[],
  reason: string,
): Promise<void> {
  if (members.length === 0) return;
  const answer = await withCoordinator(cluster, groupId, (ask) =>
    ask(LeaveGroup, {
      groupId,
      memberId: members[0]?.memberId ?? '',
      members: members.map(({ memberId = '', instanceId = null }) => ({
        memberId,
        groupInstanceId: instanceId,
        reason,
      })),
    }),
  );
  throwFirst([
    { what: `No member of "${groupId}" was taken out`, errorCode: answer.errorCode, errorMessage: null },
    ...answer.members.map(({ memberId, groupInstanceId, errorCode }) => ({
      what: `${groupInstanceId ?? memberId} was not taken out of "${groupId}"`,
      errorCode,
      errorMessage: null,
    })),
  ]);
}

async function describeClassic(ask: Ask, groupId: string): Promise<GroupDescription | undefined> {
  const { groups } = await ask(DescribeGroups, { groups: [groupId] });
  const [group] = groups;
  // Before v6 a group that is not there is "Dead"; so is one of another type.
  if (group === undefined || group.errorCode === ErrorCode.GROUP_ID_NOT_FOUND) return undefined;
  if (group.groupState === 'Dead') return undefined;
  throwFirst([{ what: `The group "${groupId}" cannot be described`, ...group }]);
  return classicDescription(group);
}

type ClassicGroup = Decoded<(typeof DescribeGroups)['response']['fields']>['groups'][number];

export function classicDescription(group: ClassicGroup): GroupDescription {
  return {
    groupId: group.groupId,
    type: 'classic',
    state: group.groupState,
    protocolType: group.protocolType,
    assignor: group.protocolData,
    groupEpoch: null,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.groupInstanceId,
      rackId: null,
      clientId: member.clientId,
      host: member.clientHost.replace(/^\//, ''),
      protocol: 'classic',
      memberEpoch: null,
      topics: topicsOf(member.memberMetadata),
      pattern: null,
      assignment: assignmentOf(member.memberAssignment),
      target: null,
    })),
  };
}

async function describeConsumer(ask: Ask, groupId: string): Promise<GroupDescription | undefined> {
  const answer = await ask(ConsumerGroupDescribe, { groupIds: [groupId] }).catch((cause) => {
    // A broker without the consumer protocol has no such group.
    if (cause.errorCode === ErrorCode.UNSUPPORTED_VERSION) return undefined;
    throw cause;
  });
  const [group] = answer?.groups ?? [];
  if (group === undefined || group.errorCode === ErrorCode.GROUP_ID_NOT_FOUND) return undefined;
  throwFirst([{ what: `The group "${groupId}" cannot be described`, ...group }]);
  return consumerDescription(group);
}

type ConsumerGroup = Decoded<(typeof ConsumerGroupDescribe)['response']['fields']>['groups'][number];

export function consumerDescription(group: ConsumerGroup): GroupDescription {
  return {
    groupId: group.groupId,
    type: 'consumer',
    state: group.groupState,
    protocolType: 'consumer',
    assignor: group.assignorName,
    groupEpoch: group.groupEpoch,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      rackId: member.rackId,
      clientId: member.clientId,
      host: member.clientHost.replace(/^\//, ''),
      protocol: member.memberType === CLASSIC_MEMBER ? 'classic' : 'consumer',
      memberEpoch: member.memberEpoch,
      topics: member.subscribedTopicNames,
      pattern: member.subscribedTopicRegex || null,
      assignment: partitionsOf(member.assignment),
      target: partitionsOf(member.targetAssignment),
    })),
  };
}

/** As ConsumerGroupDescribe numbers how a member takes part. */
const CLASSIC_MEMBER = 0;

type Assigned = ConsumerGroup['members'][number]['assignment'];

function partitionsOf({ topicPartitions }: Assigned): TopicPartition[] {
  return listPartitions(topicPartitions.map(({ topicName: topic, partitions }) => ({ topic, partitions })));
}

/** A member that is no consumer says what it likes. */
function topicsOf(metadata: Buffer): readonly string[] | null {
  try {
    return metadata.length === 0 ? null : decodeVersioned(ConsumerProtocolSubscription, metadata).topics;
  } catch {
    return null;
  }
}

function assignmentOf(assignment: Buffer): TopicPartition[] {
  try {
    if (assignment.length === 0) return [];
    return listPartitions(decodeVersioned(ConsumerProtocolAssignment, assignment).assignedPartitions);
  } catch {
    return [];
  }
}
