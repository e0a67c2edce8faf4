// SaslHandshake.

import { array, int16, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const SaslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  request: {
    mechanism: string(),
  },
  response: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
});
