// PushTelemetry.

import { boolean, bytes, int8, int16, int32, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const PushTelemetry = api({
  key: 72,
  name: 'PushTelemetry',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: boolean(),
    compressionType: int8(),
    metrics: bytes(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
});
