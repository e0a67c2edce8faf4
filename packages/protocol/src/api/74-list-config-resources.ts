// Lists resources that have settings of their own. Version notes: v0 lists client metrics only (KIP-714, as
// ListClientMetricsResources), v1 all kinds (KIP-1142).

import { array, int8, int16, int32, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ListConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    /** Kinds of resource to list, by number; none for all. */
    resourceTypes: since(1, array(int8())),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** The resources that have settings. */
    configResources: array({
      /** Name of the resource. */
      resourceName: string(),
      /** Kind of resource, by number. */
      resourceType: since(1, int8(16)),
    }),
  },
});
