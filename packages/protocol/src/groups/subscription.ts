// groups.subscription.

import { array, bytes, int32, optional, since, string } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  fields: {
    topics: array(string()),
    userData: optional(bytes()),
    ownedPartitions: since(
      1,
      array({
        topic: string(),
        partitions: array(int32()),
      }),
    ),
    generationId: since(2, int32(-1)),
    rackId: since(3, optional(string())),
  },
});
