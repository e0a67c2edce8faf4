// Gives a producer its id and epoch, and ends what an earlier run of a transactional one left open (KIP-98).
// Version notes: v3 goes on with an id the producer has (KIP-360), v4 answers PRODUCER_FENCED (KIP-588), v6 keeps
// prepared transactions (KIP-939).

import { boolean, int16, int32, int64, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const InitProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 6],
  flexibleFrom: 2,
  request: {
    /** Id of the producer's transactions; null for a producer that is only idempotent. */
    transactionalId: nullable(string()),
    /** How long a transaction may be open before the coordinator aborts it, ms. */
    transactionTimeoutMs: int32(),
    /** The id it has, to go on with a higher epoch (KIP-360); -1 for none. */
    producerId: since(3, int64(-1)),
    /** The epoch it has, which must be the current one; -1 for none. */
    producerEpoch: since(3, int16(-1)),
    /** Whether its transactions are part of somebody's two-phase commit (KIP-939). */
    enable2Pc: since(6, boolean()),
    /** Whether to leave an open transaction open (KIP-939). */
    keepPreparedTxn: since(6, boolean()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** Id of the producer, given by InitProducerId (KIP-98). */
    producerId: int64(-1),
    /** Epoch of the producer; an older one is fenced off. */
    producerEpoch: int16(),
    /** Producer id of the transaction left open; -1 for none. */
    ongoingTxnProducerId: since(6, int64(-1)),
    /** Producer epoch of the transaction left open; -1 for none. */
    ongoingTxnProducerEpoch: since(6, int16(-1)),
  },
});
