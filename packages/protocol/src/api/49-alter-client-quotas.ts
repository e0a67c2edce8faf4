// Sets and removes quotas of users, client ids and addresses (KIP-546). Version notes: v1 is flexible; nothing else
// changed.

import { array, boolean, float64, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AlterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    /** The quotas to set or remove, entity by entity. */
    entries: array({
      /** Whom the quota is for; several parts together name one. */
      entity: array({
        /** Kind of client the quota is for: "user", "client-id" or "ip". */
        entityType: string(),
        /** Name of the client; null for the default of its kind. */
        entityName: nullable(string()),
      }),
      /** What to set or remove for the entity. */
      ops: array({
        /** Name of the quota, such as "producer_byte_rate". */
        key: string(),
        /** The quota; without meaning where it is removed. */
        value: float64(),
        /** Whether to remove the quota instead of setting it. */
        remove: boolean(),
      }),
    }),
    /** Whether to check only, and change nothing. */
    validateOnly: boolean(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, entity by entity. */
    entries: array({
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: nullable(string()),
      /** Whom the quota is for; several parts together name one. */
      entity: array({
        /** Kind of client the quota is for: "user", "client-id" or "ip". */
        entityType: string(),
        /** Name of the client; null for the default of its kind. */
        entityName: nullable(string()),
      }),
    }),
  },
});
