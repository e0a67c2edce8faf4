// AlterClientQuotas.

import { array, boolean, float64, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AlterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    entries: array({
      entity: array({
        entityType: string(),
        entityName: nullable(string()),
      }),
      ops: array({
        key: string(),
        value: float64(),
        remove: boolean(),
      }),
    }),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    entries: array({
      errorCode: int16(),
      errorMessage: nullable(string()),
      entity: array({
        entityType: string(),
        entityName: nullable(string()),
      }),
    }),
  },
});
