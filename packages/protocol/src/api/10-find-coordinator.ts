// Tells which broker coordinates a group, a transaction or a share-partition. Version notes: v1 has kinds of
// coordinator (KIP-98), v4 asks for several keys at once (KIP-699), v6 has share-partitions, whose key is
// "group:topicId:partition" (KIP-932).

import { array, int8, int16, int32, nullable, since, string, until } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const FindCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexibleFrom: 3,
  request: {
    /** Id of the group or transaction, in versions that ask for one. */
    key: until(3, string()),
    /** Coordinator of what: 0 group, 1 transaction, 2 share-partition. */
    keyType: since(1, int8()),
    /** Ids of the groups, transactions or share-partitions (KIP-699). */
    coordinatorKeys: since(4, array(string())),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(1, int32()),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: until(3, int16()),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: until(3, since(1, nullable(string()))),
    /** Id of the node. */
    nodeId: until(3, int32()),
    /** Name or address to connect to. */
    host: until(3, string()),
    /** TCP port to connect to. */
    port: until(3, int32()),
    /** The outcome, key by key. */
    coordinators: since(
      4,
      array({
        /** The key that was asked for. */
        key: string(),
        /** Id of the node. */
        nodeId: int32(),
        /** Name or address to connect to. */
        host: string(),
        /** TCP port to connect to. */
        port: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: nullable(string()),
      }),
    ),
  },
});
