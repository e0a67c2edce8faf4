// AlterUserScramCredentials.

import { array, bytes, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AlterUserScramCredentials = api({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    deletions: array({
      name: string(),
      mechanism: int8(),
    }),
    upsertions: array({
      name: string(),
      mechanism: int8(),
      iterations: int32(),
      salt: bytes(),
      saltedPassword: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      user: string(),
      errorCode: int16(),
      errorMessage: nullable(string()),
    }),
  },
});
