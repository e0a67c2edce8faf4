// GetTelemetrySubscriptions.

import { array, boolean, int8, int16, int32, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const GetTelemetrySubscriptions = api({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    clientInstanceId: uuid(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    acceptedCompressionTypes: array(int8()),
    pushIntervalMs: int32(),
    telemetryMaxBytes: int32(),
    deltaTemporality: boolean(),
    requestedMetrics: array(string()),
  },
});
