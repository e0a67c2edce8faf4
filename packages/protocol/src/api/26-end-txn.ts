// EndTxn.

import { boolean, int16, int32, int64, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const EndTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: since(5, int64(-1)),
    producerEpoch: since(5, int16(-1)),
  },
});
