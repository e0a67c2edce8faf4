// DeleteAcls.

import { array, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DeleteAcls = api({
  key: 31,
  name: 'DeleteAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    filters: array({
      resourceTypeFilter: int8(),
      resourceNameFilter: nullable(string()),
      patternTypeFilter: int8(3),
      principalFilter: nullable(string()),
      hostFilter: nullable(string()),
      operation: int8(),
      permissionType: int8(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    filterResults: array({
      errorCode: int16(),
      errorMessage: nullable(string()),
      matchingAcls: array({
        errorCode: int16(),
        errorMessage: nullable(string()),
        resourceType: int8(),
        resourceName: string(),
        patternType: int8(3),
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  },
});
