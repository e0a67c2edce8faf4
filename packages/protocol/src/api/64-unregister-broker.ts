// Makes the controller forget a broker that is gone (KIP-631). There is one version, v0.

import { int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const UnregisterBroker = api({
  key: 64,
  name: 'UnregisterBroker',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** Id of the broker to forget. */
    brokerId: int32(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: nullable(string()),
  },
});
