// FindCoordinator.

import { array, int8, int16, int32, nullable, since, string, until } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const FindCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexibleFrom: 3,
  request: {
    key: until(3, string()),
    keyType: since(1, int8()),
    coordinatorKeys: since(4, array(string())),
  },
  response: {
    throttleTimeMs: since(1, int32()),
    errorCode: until(3, int16()),
    errorMessage: until(3, since(1, nullable(string()))),
    nodeId: until(3, int32()),
    host: until(3, string()),
    port: until(3, int32()),
    coordinators: since(
      4,
      array({
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      }),
    ),
  },
});
