// Takes a controller out of the voters of the metadata log's quorum (KIP-853). There is one version, v0.

import { int16, int32, nullable, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const RemoveRaftVoter = api({
  key: 81,
  name: 'RemoveRaftVoter',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** Id of the cluster; null to leave it unchecked. */
    clusterId: nullable(string()),
    /** Node id of the voter. */
    voterId: int32(),
    /** Id of the voter's log directory, so that a replaced disk is not taken for the old one (KIP-853). */
    voterDirectoryId: uuid(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: nullable(string()),
  },
});
