// Tells the cluster's id, controller and brokers (KIP-700). Version notes: v1 can ask for controllers (KIP-919), v2
// for fenced brokers (KIP-1073).

import { array, boolean, int8, int16, int32, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    /** Whether to say what the caller may do with the cluster (KIP-430). */
    includeClusterAuthorizedOperations: boolean(),
    /** Whose endpoints: 1 brokers, 2 controllers (KIP-919). */
    endpointType: since(1, int8(1)),
    /** Whether to list brokers too that are fenced (KIP-1073). */
    includeFencedBrokers: since(2, boolean()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: optional(string()),
    /** Whose endpoints: 1 brokers, 2 controllers (KIP-919). */
    endpointType: since(1, int8(1)),
    /** Id of the cluster. */
    clusterId: string(),
    /** Node id of the controller; a broker names any live broker, to keep admin clients apart from it. */
    controllerId: int32(-1),
    /** The brokers of the cluster. */
    brokers: array({
      /** Id of the broker. */
      brokerId: int32(),
      /** Name or address to connect to. */
      host: string(),
      /** TCP port to connect to. */
      port: int32(),
      /** Rack the node stands in; null where none is configured. */
      rack: optional(string()),
      /** Whether the broker is fenced, so that it leads nothing. */
      isFenced: since(2, boolean()),
    }),
    /** What the caller may do with the cluster, a bit per operation; -2147483648 where it was not asked for. */
    clusterAuthorizedOperations: int32(-2147483648),
  },
});
