// CreateDelegationToken.

import { array, bytes, int16, int32, int64, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const CreateDelegationToken = api({
  key: 38,
  name: 'CreateDelegationToken',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    ownerPrincipalType: since(3, nullable(string())),
    ownerPrincipalName: since(3, nullable(string())),
    renewers: array({
      principalType: string(),
      principalName: string(),
    }),
    maxLifetimeMs: int64(),
  },
  response: {
    errorCode: int16(),
    principalType: string(),
    principalName: string(),
    tokenRequesterPrincipalType: since(3, string()),
    tokenRequesterPrincipalName: since(3, string()),
    issueTimestampMs: int64(),
    expiryTimestampMs: int64(),
    maxTimestampMs: int64(),
    tokenId: string(),
    hmac: bytes(),
    throttleTimeMs: int32(),
  },
});
