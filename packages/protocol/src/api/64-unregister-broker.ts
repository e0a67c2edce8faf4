// UnregisterBroker.

import { int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const UnregisterBroker = api({
  key: 64,
  name: 'UnregisterBroker',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    brokerId: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
  },
});
