// DescribeUserScramCredentials.

import { array, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeUserScramCredentials = api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    users: nullable(
      array({
        name: string(),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    results: array({
      user: string(),
      errorCode: int16(),
      errorMessage: nullable(string()),
      credentialInfos: array({
        mechanism: int8(),
        iterations: int32(),
      }),
    }),
  },
});
