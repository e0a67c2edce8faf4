// Lists delegation tokens (KIP-48). Version notes: v3 tells who asked for them (KIP-373).

import { array, bytes, int16, int32, int64, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeDelegationToken = api({
  key: 41,
  name: 'DescribeDelegationToken',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    /** Owners whose tokens to tell; null for all the caller may see. */
    owners: nullable(
      array({
        /** Kind of principal, "User" as a rule. */
        principalType: string(),
        /** Name of the principal. */
        principalName: string(),
      }),
    ),
  },
  response: {
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** The tokens found. */
    tokens: array({
      /** Kind of principal of the token's owner. */
      principalType: string(),
      /** Name of the token's owner. */
      principalName: string(),
      /** Kind of principal of the one who asked for the token. */
      tokenRequesterPrincipalType: since(3, string()),
      /** Name of the one who asked for the token. */
      tokenRequesterPrincipalName: since(3, string()),
      /** When the token was made, ms since 1970. */
      issueTimestamp: int64(),
      /** When the token expires, ms since 1970. */
      expiryTimestamp: int64(),
      /** When the token ends for good, ms since 1970. */
      maxTimestamp: int64(),
      /** Id of the delegation token. */
      tokenId: string(),
      /** Secret of the delegation token, with which it is presented. */
      hmac: bytes(),
      /** Who may renew the token, besides its owner. */
      renewers: array({
        /** Kind of principal, "User" as a rule. */
        principalType: string(),
        /** Name of the principal. */
        principalName: string(),
      }),
    }),
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
  },
});
