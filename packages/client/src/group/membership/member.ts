// What the membership needs of a member, whichever protocol it speaks, and what it gives it.

import type { KlammError } from '@klamm/base/errors';
import type { Cluster } from '../../cluster.ts';
import type { Coordinator } from '../../coordinator.ts';
import type { GroupEventType, MembershipOptions } from './membership.ts';
import type { OwnerCalls } from './owner-calls.ts';

export interface Member {
  /** '' and -1 while the group does not know it. */
  readonly memberId: string;
  readonly generation: number;
  start(): void;
  subscribe(topics: readonly string[] | RegExp): void;
  /** From now on it takes and gives nothing; heartbeats go on until it leaves. */
  settle(): void;
  /** Ends it and tells the group, unless that takes longer than it is worth. Never throws. */
  leave(reason: string): Promise<void>;
  /** Ends it without a word. */
  stop(): void;
}

export interface MemberContext {
  readonly cluster: Cluster;
  readonly options: MembershipOptions;
  readonly coordinator: Coordinator;
  readonly calls: OwnerCalls;
  emit(type: GroupEventType, reason: string, error?: KlammError): void;
  /** Trouble that is tried again: told once, and again when it changes or lasts. */
  trouble(error: KlammError): void;
  /** Says that whatever was in trouble works again. */
  recovered(): void;
  /** The end: nothing can be done about this error. */
  fail(cause: unknown): void;
}

/** How long saying goodbye may take: the group notices by itself, later, when nobody says it. */
export const LEAVE_TIMEOUT_MS = 3000;
