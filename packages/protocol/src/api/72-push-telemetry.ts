// Hands a client's metrics to the broker (KIP-714). There is one version, v0.

import { boolean, bytes, int8, int16, int32, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const PushTelemetry = api({
  key: 72,
  name: 'PushTelemetry',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** Id of the client's run (KIP-714). */
    clientInstanceId: uuid(),
    /** Which set of subscribed metrics, as a checksum of it (KIP-714). */
    subscriptionId: int32(),
    /** Whether this is the client's last push. */
    terminating: boolean(),
    /** Compression of the metrics, as in a record batch. */
    compressionType: int8(),
    /** OpenTelemetry's MetricsData v1, in Protocol Buffers. */
    metrics: bytes(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
  },
});
