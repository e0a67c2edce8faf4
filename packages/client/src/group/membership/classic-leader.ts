// What the leader of a classic group does: shares the partitions out with the assignor all members agreed on, and
// says when the topics are not what they were then.
//
// It must not know of generations or connections. Kafka: ConsumerCoordinator.onLeaderElected.

import { KlammError } from '@klamm/base/errors';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { ConsumerProtocolAssignment } from '@klamm/protocol/groups/assignment';
import type { Assignor, AssignorMember } from '@klamm/protocol/groups/assignors/assignor';
import { ConsumerProtocolSubscription } from '@klamm/protocol/groups/subscription';
import { groupByTopic } from '@klamm/protocol/groups/topic-partition';
import { decodeVersioned, encodeVersioned } from '@klamm/protocol/groups/versioned';
import type { Cluster } from '../../cluster.ts';

export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: Buffer;
}

export interface Shares {
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
  /** Partitions by topic that were shared out; -1 for one that members want and that is not there. */
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * The members' shares, in bytes.
 *
 * @throws KlammError where the cluster cannot be asked for the topics; whatever the assignor throws
 */
export async function shareOut(
  cluster: Cluster,
  assignor: Assignor,
  members: readonly JoinedMember[],
): Promise<Shares> {
  const all = members.map(toAssignorMember);
  const counts = await countPartitions(cluster, topicsOf(members));
  const assigned = assignor.assign(all, new Map([...counts].filter(([, count]) => count >= 0)));
  const assignments = all.map(({ memberId }) => {
    const assignedPartitions = groupByTopic(assigned.get(memberId) ?? []);
    return { memberId, assignment: encodeVersioned(ConsumerProtocolAssignment, { assignedPartitions }) };
  });
  return { assignments, counts };
}

/** The partitions of each topic as the cluster says now; -1 for one that is not there or may not be seen. */
export async function countPartitions(
  cluster: Cluster,
  names: readonly string[],
): Promise<Map<string, number>> {
  const counts = new Map(names.map((name) => [name, -1]));
  if (names.length === 0) return counts;
  const { topics, refused } = await cluster.look({ names });
  for (const { name, partitions } of topics) counts.set(name, partitions.length);
  for (const error of refused.values()) {
    if (error.retriable && error.errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) throw error;
  }
  return counts;
}

/** What changed, for people; undefined where nothing did. */
export function changeOf(
  before: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): string | undefined {
  for (const [topic, count] of now) {
    const was = before.get(topic) ?? -1;
    if (count === was) continue;
    if (was < 0) return `the topic "${topic}" is there now`;
    if (count < 0) return `the topic "${topic}" is gone`;
    return `the topic "${topic}" has ${count} partitions now, ${was} before`;
  }
  return undefined;
}

/** An assignor's own mistake, as an error for the program. */
export function assignorError(assignor: Assignor, cause: unknown): KlammError {
  if (cause instanceof KlammError) return cause;
  return new KlammError(
    `The assignor "${assignor.name}" failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    { code: 'ASSIGNOR_FAILED', retriable: false, cause },
  );
}

/** Topics that some member wants. */
export function topicsOf(members: readonly JoinedMember[]): string[] {
  return [...new Set(members.flatMap((member) => [...toAssignorMember(member).subscription.topics]))];
}

function toAssignorMember({ memberId, groupInstanceId, metadata }: JoinedMember): AssignorMember {
  const subscription = decodeVersioned(ConsumerProtocolSubscription, metadata);
  return { memberId, instanceId: groupInstanceId, subscription };
}
