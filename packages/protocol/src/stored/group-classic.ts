// stored.group-classic.

import { array, bytes, int32, int64, nullable, optional, since, string } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

export const GroupMetadataKey = message({
  name: 'GroupMetadataKey',
  versions: [0, 0],
  fields: {
    group: string(),
  },
});

const memberMetadata = {
  memberId: string(),
  groupInstanceId: since(3, optional(string())),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: since(1, int32(-1)),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
};

export const GroupMetadataValue = message({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    protocolType: string(),
    generation: int32(),
    protocol: nullable(string()),
    leader: nullable(string()),
    currentStateTimestamp: since(2, int64(-1)),
    members: array(memberMetadata),
  },
});
