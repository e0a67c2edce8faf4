// The targets of a consumer group's members: computed for all at once, for one group epoch.
// org.apache.kafka.coordinator.group.modern.TargetAssignmentBuilder.

import type { GroupRecord } from '../group-record.ts';
import type { Assign } from './assignors/assignor.ts';
import { assignByRange } from './assignors/range-assignor.ts';
import { assignUniformly } from './assignors/uniform-assignor.ts';
import type { ConsumerStanding } from './consumer-standing.ts';
import { isSameSets, listOf, NO_PARTITIONS } from './partition-sets.ts';
import { assignedMembers, subscribedTopics, type Topics } from './subscriptions.ts';

const ASSIGNORS: Readonly<Record<string, Assign>> = { uniform: assignUniformly, range: assignByRange };

/** The server-side assignor that most members ask for; `fallback` where they do not care. */
export function preferredAssignor({ members }: ConsumerStanding, fallback: string): string {
  const votes = new Map<string, number>();
  for (const { serverAssignor } of members.values()) {
    if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1);
  }
  let name = fallback;
  for (const [candidate, count] of votes) if (count > (votes.get(name) ?? 0)) name = candidate;
  return name;
}

/** What changes of the targets, and the epoch that they are for. */
export function targetRecords(
  standing: ConsumerStanding,
  topics: Topics,
  assignor: string,
  now: number,
): GroupRecord[] {
  const { groupId, groupEpoch } = standing;
  const partitionCounts = new Map(
    subscribedTopics(standing, topics).map(({ id, partitions }) => [id, partitions.length]),
  );
  const assign = ASSIGNORS[assignor] ?? assignUniformly;
  const targets = assign({ members: assignedMembers(standing, topics), partitionCounts });
  const records: GroupRecord[] = [];
  for (const memberId of standing.members.keys()) {
    const target = targets.get(memberId) ?? NO_PARTITIONS;
    if (standing.targets.has(memberId) && isSameSets(target, standing.targetOf(memberId))) continue;
    records.push({ type: 7, key: { groupId, memberId }, value: { topicPartitions: listOf(target) } });
  }
  const value = { assignmentEpoch: groupEpoch, assignmentTimestamp: now };
  return [...records, { type: 6, key: { groupId }, value }];
}
