// Lists the transactions of a coordinator (KIP-664). Version notes: v1 filters by duration (KIP-994), v2 by pattern
// (KIP-1152).

import { array, int16, int32, int64, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ListTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    /** Names of states to list; none for all. */
    stateFilters: array(string()),
    /** Producer ids to list; none for all. */
    producerIdFilters: array(int64()),
    /** List those open for longer, ms; below 0 for all (KIP-994). */
    durationFilter: since(1, int64(-1)),
    /** RE2 pattern of the ids to list; null or empty for all (KIP-1152). */
    transactionalIdPattern: since(2, optional(string())),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** Names that were asked for and are no states. */
    unknownStateFilters: array(string()),
    /** The transactions found. */
    transactionStates: array({
      /** The name under which a producer's transactions go on after a restart. */
      transactionalId: string(),
      /** Id of the producer, given by InitProducerId (KIP-98). */
      producerId: int64(),
      /** State of the transaction by name, such as "Ongoing". */
      transactionState: string(),
    }),
  },
});
