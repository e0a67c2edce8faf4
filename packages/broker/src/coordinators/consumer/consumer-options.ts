// What a consumer group is set up with.

import type { Topics } from './subscriptions.ts';

export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxSize: number;
  /** The most members that a classic group may have: a larger one stays a consumer group. */
  readonly classicMaxSize: number;
  /** Names of server-side assignors, the default first. */
  readonly assignors: readonly string[];
  /** Whether a group with members may change its protocol: disabled, upgrade, downgrade or bidirectional. */
  readonly migrationPolicy: string;
}

export interface ConsumerGroupOptions {
  readonly settings: ConsumerGroupSettings;
  readonly topics: Topics;
  /** An id for a member that brings none (before KIP-1082). */
  readonly newMemberId: () => string;
}
