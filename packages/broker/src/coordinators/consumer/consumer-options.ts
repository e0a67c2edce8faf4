// What a consumer group is set up with.

import type { Topics } from './subscriptions.ts';

export interface ConsumerGroupSettings {
  readonly maxSize: number;
  /** The most members that a classic group may have: a larger one stays a consumer group. */
  readonly classicMaxSize: number;
  /** Names of server-side assignors, the default first. */
  readonly assignors: readonly string[];
  /** Whether a group with members may change its protocol: disabled, upgrade, downgrade or bidirectional. */
  readonly migrationPolicy: string;
}

/** What a group may have of its own, and while it runs. */
export interface ConsumerGroupTimes {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

export interface ConsumerGroupOptions {
  readonly timesOf: (groupId: string) => ConsumerGroupTimes;
  readonly settings: ConsumerGroupSettings;
  readonly topics: Topics;
  /** An id for a member that brings none (before KIP-1082). */
  readonly newMemberId: () => string;
}
