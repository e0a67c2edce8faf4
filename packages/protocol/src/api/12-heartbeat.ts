// Heartbeat.

import { int16, int32, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const Heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleFrom: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: since(3, optional(string())),
  },
  response: {
    throttleTimeMs: since(1, int32()),
    errorCode: int16(),
  },
});
