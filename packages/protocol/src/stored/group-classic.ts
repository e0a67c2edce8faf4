// State of classic groups in `__consumer_offsets`, behind the prefixes of keyed-record.ts: all of a group in one
// record, written when a rebalance is over. v3 of the value has static members (KIP-345).

import { array, bytes, int32, int64, nullable, optional, since, string } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

/** A classic group. */
export const GroupMetadataKey = message({
  name: 'GroupMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    group: string(),
  },
});

const memberMetadata = {
  /** Id of the group member. */
  memberId: string(),
  /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
  groupInstanceId: since(3, optional(string())),
  /** The client.id the member connects with. */
  clientId: string(),
  /** Address the member connects from. */
  clientHost: string(),
  /** How long the member may take to join again, ms. */
  rebalanceTimeout: since(1, int32(-1)),
  /** How long the member may be silent, ms. */
  sessionTimeout: int32(),
  /** What the member said of itself for the protocol in use. */
  subscription: bytes(),
  /** The member's share, in the format of the protocol. */
  assignment: bytes(),
};

/** The group as its last rebalance left it. */
export const GroupMetadataValue = message({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    /** Class of group protocols: "consumer" for consumers, "connect" for Connect workers. */
    protocolType: string(),
    /** Generation of the group, which grows with each rebalance. */
    generation: int32(),
    /** The protocol in use; null for none. */
    protocol: nullable(string()),
    /** Member id of the leader; null for none. */
    leader: nullable(string()),
    /** When the group last changed its state, ms since 1970; -1 where it is not known. */
    currentStateTimestamp: since(2, int64(-1)),
    /** The group's members. */
    members: array(memberMetadata),
  },
});
