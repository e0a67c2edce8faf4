// groups.assignment.

import { array, bytes, int32, optional, string } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

export const ConsumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  fields: {
    assignedPartitions: array({
      topic: string(),
      partitions: array(int32()),
    }),
    userData: optional(bytes()),
  },
});
