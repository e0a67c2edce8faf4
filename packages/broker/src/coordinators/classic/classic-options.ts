// What a classic group is set up with.

export interface ClassicGroupSettings {
  readonly sessionTimeoutMinMs: number;
  readonly sessionTimeoutMaxMs: number;
  /** How long the first rebalance of an empty group waits for more members. */
  readonly initialRebalanceDelayMs: number;
  readonly maxSize: number;
  /** How long the first join of a member may wait: no heartbeat tells that it is still there. */
  readonly newMemberJoinTimeoutMs: number;
}

export interface ClassicGroupOptions {
  readonly settings: ClassicGroupSettings;
  /** A member id that was never given out, beginning with the client id or instance id. */
  readonly newMemberId: (prefix: string) => string;
}
