// Tells the quotas of users, client ids and addresses (KIP-546). Version notes: v1 is flexible; nothing else
// changed.

import { array, boolean, float64, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeClientQuotas = api({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    /** What the parts of an entity must match. */
    components: array({
      /** Kind of client the quota is for: "user", "client-id" or "ip". */
      entityType: string(),
      /** How to match: 0 this name, 1 the default, 2 any name. */
      matchType: int8(),
      /** The name to match; null where the way of matching needs none. */
      match: nullable(string()),
    }),
    /** Whether entities with further parts are left out. */
    strict: boolean(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: nullable(string()),
    /** The quotas found, entity by entity; null with an error. */
    entries: nullable(
      array({
        /** Whom the quota is for; several parts together name one. */
        entity: array({
          /** Kind of client the quota is for: "user", "client-id" or "ip". */
          entityType: string(),
          /** Name of the client; null for the default of its kind. */
          entityName: nullable(string()),
        }),
        /** The entity's quotas. */
        values: array({
          /** Name of the quota, such as "producer_byte_rate". */
          key: string(),
          /** The quota, in the unit of its name. */
          value: float64(),
        }),
      }),
    ),
  },
});
