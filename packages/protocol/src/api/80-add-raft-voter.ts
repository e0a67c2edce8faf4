// Adds a controller to the voters of the metadata log's quorum (KIP-853). Version notes: v1 can be answered before
// it is committed (KIP-1186).

import { array, boolean, int16, int32, nullable, since, string, uint16, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AddRaftVoter = api({
  key: 80,
  name: 'AddRaftVoter',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    /** Id of the cluster; null to leave it unchecked. */
    clusterId: nullable(string()),
    /** How long the broker may take, ms. */
    timeoutMs: int32(),
    /** Node id of the voter. */
    voterId: int32(),
    /** Id of the voter's log directory, so that a replaced disk is not taken for the old one (KIP-853). */
    voterDirectoryId: uuid(),
    /** Where the new voter can be reached, by listener. */
    listeners: array({
      /** Name of the listener. */
      name: string(),
      /** Name or address to connect to. */
      host: string(),
      /** TCP port to connect to. */
      port: uint16(),
    }),
    /** Whether to wait until the new set of voters is committed; else the leader answers once it has written it. */
    ackWhenCommitted: since(1, boolean(true)),
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
