// Agrees on a SASL mechanism before the client authenticates (KIP-43). Version notes: after v0 raw SASL messages
// follow, after v1 requests of SaslAuthenticate (KIP-152).

import { array, int16, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const SaslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  request: {
    /** Name of the mechanism the client wants, such as "SCRAM-SHA-512". */
    mechanism: string(),
  },
  response: {
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** Names of the mechanisms the listener takes. */
    mechanisms: array(string()),
  },
});
