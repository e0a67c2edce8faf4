// DescribeAcls.

import { array, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    resourceTypeFilter: int8(),
    resourceNameFilter: nullable(string()),
    patternTypeFilter: int8(3),
    principalFilter: nullable(string()),
    hostFilter: nullable(string()),
    operation: int8(),
    permissionType: int8(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      patternType: int8(3),
      acls: array({
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  },
});
