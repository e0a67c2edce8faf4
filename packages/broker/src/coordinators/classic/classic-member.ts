// A member of a classic group: what it said of itself, what it waits for, and until when it may be silent.
// org.apache.kafka.coordinator.group.classic.ClassicGroupMember.

import type { JoinGroup } from '@klamm/protocol/api/11-join-group';
import type { LeaveGroup } from '@klamm/protocol/api/13-leave-group';
import type { SyncGroup } from '@klamm/protocol/api/14-sync-group';
import type { Decoded, Encodable } from '@klamm/protocol/schema/fields';
import type { Respond } from '../step.ts';

export type JoinRequest = Decoded<(typeof JoinGroup)['request']['fields']>;
export type JoinResponse = Encodable<(typeof JoinGroup)['response']['fields']>;
export type SyncResponse = Encodable<(typeof SyncGroup)['response']['fields']>;

/** Who joins, beside what its request says. */
export interface Joiner {
  readonly clientId: string;
  readonly clientHost: string;
  /** Whether a new member is given its id first, and joins again with it (KIP-394). */
  readonly mustKnowItsId: boolean;
  /** Whether a leader understands that the assignment stays as it is (KIP-814). */
  readonly maySkipAssignment: boolean;
  /** Which topics patterns of its group may find when it looks at them; default: all. */
  readonly mayDescribe?: (topic: string) => boolean;
}

export type LeavingMember = Decoded<(typeof LeaveGroup)['request']['fields']>['members'][number];

export interface LeaveOutcome {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly errorCode: number;
}

/** A protocol that a member can use, with what it says of itself for it. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export const NO_BYTES = Buffer.alloc(0);

export interface ClassicMember {
  memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  /** The preferred first. */
  protocols: readonly MemberProtocol[];
  assignment: Buffer;
  /** Until its first join is answered: it has no id to send a heartbeat with. */
  isNew: boolean;
  awaitsJoin: Respond<JoinResponse> | undefined;
  awaitsSync: Respond<SyncResponse> | undefined;
  /** Joined this generation, but has not asked for its assignment yet. */
  owesSync: boolean;
  /** When its silence has lasted too long, ms. */
  deadline: number;
}

/** A member that joins for the first time, and waits for the answer. */
export function newMember(
  memberId: string,
  request: JoinRequest,
  { clientId, clientHost }: Joiner,
  respond: Respond<JoinResponse>,
): ClassicMember {
  return {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId,
    clientHost,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: rebalanceTimeoutOf(request),
    protocols: kept(request.protocols),
    assignment: NO_BYTES,
    isNew: true,
    awaitsJoin: respond,
    awaitsSync: undefined,
    owesSync: false,
    deadline: Number.POSITIVE_INFINITY,
  };
}

export function rebalanceTimeoutOf({ rebalanceTimeoutMs, sessionTimeoutMs }: JoinRequest): number {
  // v0 has none; the session timeout was both.
  return rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs;
}

/** What the member says of itself for a protocol; empty where it does not know it. */
export function metadataFor(member: ClassicMember, protocol: string | null): Buffer {
  return member.protocols.find(({ name }) => name === protocol)?.metadata ?? NO_BYTES;
}

/** Copies that can be kept: what a request holds are views of what its connection received. */
export function kept(protocols: readonly MemberProtocol[]): MemberProtocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
}

/** Whether a join says just what the member said before. */
export function saysTheSame(member: ClassicMember, protocols: readonly MemberProtocol[]): boolean {
  return (
    protocols.length === member.protocols.length &&
    protocols.every(({ name, metadata }, i) => {
      const known = member.protocols[i];
      return known?.name === name && known.metadata.equals(metadata);
    })
  );
}
