// Makes a delegation token, with which others can act for its owner (KIP-48). Version notes: v3 takes another owner
// than the caller (KIP-373).

import { array, bytes, int16, int32, int64, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const CreateDelegationToken = api({
  key: 38,
  name: 'CreateDelegationToken',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    /** Kind of principal of the owner to be; null for the caller. */
    ownerPrincipalType: since(3, nullable(string())),
    /** Name of the owner to be; null for the caller. */
    ownerPrincipalName: since(3, nullable(string())),
    /** Who may renew the token, besides its owner. */
    renewers: array({
      /** Kind of principal, "User" as a rule. */
      principalType: string(),
      /** Name of the principal. */
      principalName: string(),
    }),
    /** How long the token may live, ms; -1 for the broker's limit. */
    maxLifetimeMs: int64(),
  },
  response: {
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** Kind of principal of the token's owner. */
    principalType: string(),
    /** Name of the token's owner. */
    principalName: string(),
    /** Kind of principal of the one who asked for the token. */
    tokenRequesterPrincipalType: since(3, string()),
    /** Name of the one who asked for the token. */
    tokenRequesterPrincipalName: since(3, string()),
    /** When the token was made, ms since 1970. */
    issueTimestampMs: int64(),
    /** When the token expires, ms since 1970. */
    expiryTimestampMs: int64(),
    /** When the token ends for good, ms since 1970. */
    maxTimestampMs: int64(),
    /** Id of the delegation token. */
    tokenId: string(),
    /** Secret of the delegation token, with which it is presented. */
    hmac: bytes(),
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
  },
});
