// IncrementalAlterConfigs.

import { array, boolean, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const IncrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        configOperation: int8(),
        value: nullable(string()),
      }),
    }),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    responses: array({
      errorCode: int16(),
      errorMessage: nullable(string()),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
});
