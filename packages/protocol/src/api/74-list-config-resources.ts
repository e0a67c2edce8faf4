// ListConfigResources.

import { array, int8, int16, int32, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ListConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    resourceTypes: since(1, array(int8())),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array({
      resourceName: string(),
      resourceType: since(1, int8(16)),
    }),
  },
});
