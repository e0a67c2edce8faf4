// What a consumer group becomes when its last member of the consumer protocol has gone and those of the classic
// protocol stay: a classic group (KIP-848). org.apache.kafka.coordinator.group.classic.ClassicGroup.fromConsumerGroup.
//
// The record it gives is whole: replaying it makes the classic group, whose members then join again.

import { metadataFor, NO_BYTES } from '../classic/classic-member.ts';
import { ClassicStanding } from '../classic/classic-standing.ts';
import type { GroupRecordOf } from '../group-record.ts';
import { heldBy } from './consumer-member.ts';
import type { ConsumerGroupOptions } from './consumer-options.ts';
import type { ConsumerStanding } from './consumer-standing.ts';
import { assignmentBytes, CONSUMER_PROTOCOL_TYPE } from './embedded-protocol.ts';
import { NO_PARTITIONS } from './partition-sets.ts';
import type { Topics } from './subscriptions.ts';

/** The record of the classic group; undefined where the group stays what it is. */
export function classicSuccessor(
  standing: ConsumerStanding,
  leaving: ReadonlySet<string>,
  options: ConsumerGroupOptions,
  now: number,
): GroupRecordOf<2> | undefined {
  if (!mayDowngrade(standing, leaving, leaving.size, options)) return undefined;
  return successorOf(standing, leaving, options.topics, now);
}

/**
 * Whether the leaving members are the only ones of the consumer protocol, and a classic group may take the others.
 *
 * @param gone by how many the group gets smaller
 */
export function mayDowngrade(
  { members }: ConsumerStanding,
  leaving: ReadonlySet<string>,
  gone: number,
  { settings }: ConsumerGroupOptions,
): boolean {
  for (const { memberId, classicMemberMetadata } of members.values()) {
    if ((classicMemberMetadata === null) !== leaving.has(memberId)) return false;
  }
  const size = members.size - gone;
  const isAllowed = settings.migrationPolicy === 'downgrade' || settings.migrationPolicy === 'bidirectional';
  return isAllowed && size > 0 && size <= settings.classicMaxSize;
}

export function successorOf(
  standing: ConsumerStanding,
  leaving: ReadonlySet<string>,
  topics: Topics,
  now: number,
): GroupRecordOf<2> {
  const classic = new ClassicStanding(standing.groupId);
  for (const member of standing.members.values()) {
    const { classicMemberMetadata } = member;
    if (leaving.has(member.memberId) || classicMemberMetadata === null) continue;
    classic.members.add({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      sessionTimeoutMs: classicMemberMetadata.sessionTimeoutMs,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      protocols: classicMemberMetadata.supportedProtocols,
      assignment: NO_BYTES,
      isNew: false,
      awaitsJoin: undefined,
      awaitsSync: undefined,
      owesSync: false,
      deadline: Number.POSITIVE_INFINITY,
    });
  }
  classic.generation = standing.groupEpoch;
  classic.protocolType = CONSUMER_PROTOCOL_TYPE;
  classic.protocol = classic.members.selectProtocol();
  for (const member of classic.members) {
    // What it holds, and not its target, as in Apache Kafka: were the group a consumer group again before the member has
    // joined, what it had yet to give back would go to another.
    const known = standing.members.get(member.memberId);
    const held = known === undefined ? NO_PARTITIONS : heldBy(known);
    member.assignment = assignmentBytes(held, metadataFor(member, classic.protocol), topics);
  }
  classic.become('Stable', now);
  return classic.record();
}
