// Carries one step of a SASL exchange (KIP-152). Version notes: v1 tells how long the session holds (KIP-368).

import { bytes, int16, int64, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const SaslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    /** The client's next message, in the format of the mechanism. */
    authBytes: bytes(),
  },
  response: {
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: nullable(string()),
    /** The broker's next message, in the format of the mechanism. */
    authBytes: bytes(),
    /** How long until the client must authenticate again, ms; 0 for never (KIP-368). */
    sessionLifetimeMs: since(1, int64()),
  },
});
