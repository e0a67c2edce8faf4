// ExpireDelegationToken.

import { bytes, int16, int32, int64 } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ExpireDelegationToken = api({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: [1, 2],
  flexibleFrom: 2,
  request: {
    hmac: bytes(),
    expiryTimePeriodMs: int64(),
  },
  response: {
    errorCode: int16(),
    expiryTimestampMs: int64(),
    throttleTimeMs: int32(),
  },
});
