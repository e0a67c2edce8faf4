// DescribeClientQuotas.

import { array, boolean, float64, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeClientQuotas = api({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    components: array({
      entityType: string(),
      matchType: int8(),
      match: nullable(string()),
    }),
    strict: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    entries: nullable(
      array({
        entity: array({
          entityType: string(),
          entityName: nullable(string()),
        }),
        values: array({
          key: string(),
          value: float64(),
        }),
      }),
    ),
  },
});
