// DescribeDelegationToken.

import { array, bytes, int16, int32, int64, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeDelegationToken = api({
  key: 41,
  name: 'DescribeDelegationToken',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    owners: nullable(
      array({
        principalType: string(),
        principalName: string(),
      }),
    ),
  },
  response: {
    errorCode: int16(),
    tokens: array({
      principalType: string(),
      principalName: string(),
      tokenRequesterPrincipalType: since(3, string()),
      tokenRequesterPrincipalName: since(3, string()),
      issueTimestamp: int64(),
      expiryTimestamp: int64(),
      maxTimestamp: int64(),
      tokenId: string(),
      hmac: bytes(),
      renewers: array({
        principalType: string(),
        principalName: string(),
      }),
    }),
    throttleTimeMs: int32(),
  },
});
