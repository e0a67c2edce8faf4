// SaslAuthenticate.

import { bytes, int16, int64, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const SaslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    authBytes: bytes(),
  },
  response: {
    errorCode: int16(),
    errorMessage: nullable(string()),
    authBytes: bytes(),
    sessionLifetimeMs: since(1, int64()),
  },
});
