// Commits or aborts a transaction (KIP-98). Version notes: v5 answers with the epoch to go on with, which grows
// with each transaction (KIP-890).

import { boolean, int16, int32, int64, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const EndTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    /** The name under which a producer's transactions go on after a restart. */
    transactionalId: string(),
    /** Id of the producer, given by InitProducerId (KIP-98). */
    producerId: int64(),
    /** Epoch of the producer; an older one is fenced off. */
    producerEpoch: int16(),
    /** True to commit, false to abort. */
    committed: boolean(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** Id to go on with: a new one where the epochs of the old ran out (KIP-890). */
    producerId: since(5, int64(-1)),
    /** Epoch to go on with (KIP-890). */
    producerEpoch: since(5, int16(-1)),
  },
});
