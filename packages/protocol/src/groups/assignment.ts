// What the leader of a classic group assigns to a consumer, in `assignment` of SyncGroup: an int16 version, then
// this message. Made and read by consumers, never by brokers. All versions look the same.

import { array, bytes, int32, optional, string } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

/** What a consumer gets. */
export const ConsumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  fields: {
    /** What the member gets, topic by topic. */
    assignedPartitions: array({
      /** Name of the topic. */
      topic: string(),
      /** The partitions concerned, within their topic. */
      partitions: array(int32()),
    }),
    /** Bytes of the assignor's own; null for none. */
    userData: optional(bytes()),
  },
});
