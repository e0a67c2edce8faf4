// What a consumer tells its classic group about itself, in `metadata` of JoinGroup: an int16 version, then this
// message. Made and read by consumers, never by brokers. Version notes: v1 has owned partitions (KIP-429), v2 their
// generation (KIP-792), v3 the rack (KIP-881).

import { array, bytes, int32, optional, since, string } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

/** What a consumer wants, and what it holds. */
export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  fields: {
    /** Names of the topics the member wants. */
    topics: array(string()),
    /** Bytes of the assignor's own; null for none. */
    userData: optional(bytes()),
    /** What the member holds at the moment, for cooperative rebalancing (KIP-429). */
    ownedPartitions: since(
      1,
      array({
        /** Name of the topic. */
        topic: string(),
        /** The partitions concerned, within their topic. */
        partitions: array(int32()),
      }),
    ),
    /** Generation the partitions above are of; -1 where it is not known (KIP-792). */
    generationId: since(2, int32(-1)),
    /** Rack the member runs in; null where it gave none. */
    rackId: since(3, optional(string())),
  },
});
