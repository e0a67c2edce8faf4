// ListTransactions.

import { array, int16, int32, int64, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ListTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    stateFilters: array(string()),
    producerIdFilters: array(int64()),
    durationFilter: since(1, int64(-1)),
    transactionalIdPattern: since(2, optional(string())),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: array({
      transactionalId: string(),
      producerId: int64(),
      transactionState: string(),
    }),
  },
});
