// Adds a group's offsets to a transaction before they are committed in it (KIP-98). Version notes: v4 may answer
// TRANSACTION_ABORTABLE (KIP-890).

import { int16, int32, int64, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AddOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexibleFrom: 3,
  request: {
    /** The name under which a producer's transactions go on after a restart. */
    transactionalId: string(),
    /** Id of the producer, given by InitProducerId (KIP-98). */
    producerId: int64(),
    /** Epoch of the producer; an older one is fenced off. */
    producerEpoch: int16(),
    /** Id of the group. */
    groupId: string(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
  },
});
