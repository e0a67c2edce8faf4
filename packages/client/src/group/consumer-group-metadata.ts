// Who a member of a group is at the moment, as its coordinator knows it: what offsets are committed with (KIP-447).

export interface ConsumerGroupMetadata {
  readonly groupId: string;
  /** '' while it is no member. */
  readonly memberId: string;
  /** Generation (classic) or member epoch (consumer protocol); -1 while it is no member. */
  readonly generation: number;
  /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
  readonly instanceId: string | null;
}
