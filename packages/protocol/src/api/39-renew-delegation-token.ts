// Puts off the expiry of a delegation token (KIP-48). Version notes: v2 is flexible; nothing else changed.

import { bytes, int16, int32, int64 } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const RenewDelegationToken = api({
  key: 39,
  name: 'RenewDelegationToken',
  versions: [1, 2],
  flexibleFrom: 2,
  request: {
    /** Secret of the delegation token, with which it is presented. */
    hmac: bytes(),
    /** How much longer the token shall live, ms; -1 for the broker's setting. */
    renewPeriodMs: int64(),
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
