// Tells a client which of its metrics the broker wants, and how often (KIP-714). There is one version, v0.

import { array, boolean, int8, int16, int32, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const GetTelemetrySubscriptions = api({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** Id of the client's run; all zero to be given one (KIP-714). */
    clientInstanceId: uuid(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** The id given; all zero where the client had one. */
    clientInstanceId: uuid(),
    /** Which set of subscribed metrics, as a checksum of it (KIP-714). */
    subscriptionId: int32(),
    /** Compressions the broker takes, the preferred first. */
    acceptedCompressionTypes: array(int8()),
    /** How often to push, ms. */
    pushIntervalMs: int32(),
    /** How many bytes a push may have. */
    telemetryMaxBytes: int32(),
    /** Whether counters are to be told as growth since the last push, else as totals. */
    deltaTemporality: boolean(),
    /** Prefixes of the metrics wanted; none for no metrics, an empty one for all. */
    requestedMetrics: array(string()),
  },
});
