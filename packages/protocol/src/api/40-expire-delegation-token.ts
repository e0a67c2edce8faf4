// Ends a delegation token, or changes when it expires (KIP-48). Version notes: v2 is flexible; nothing else
// changed.

import { bytes, int16, int32, int64 } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ExpireDelegationToken = api({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: [1, 2],
  flexibleFrom: 2,
  request: {
    /** Secret of the delegation token, with which it is presented. */
    hmac: bytes(),
    /** How long the token shall live from now, ms; below 0 it ends at once. */
    expiryTimePeriodMs: int64(),
  },
  response: {
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** When the token expires, ms since 1970. */
    expiryTimestampMs: int64(),
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
  },
});
