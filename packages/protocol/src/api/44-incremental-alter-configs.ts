// Changes single settings, and leaves the others as they are (KIP-339). Version notes: v1 is flexible; nothing else
// changed.

import { array, boolean, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const IncrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    /** The resources concerned. */
    resources: array({
      /** Kind of resource, by number: 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8(),
      /** Name of the resource. */
      resourceName: string(),
      /** The settings to change; the others stay. */
      configs: array({
        /** Name of the setting. */
        name: string(),
        /** What to do with it: 0 set, 1 delete, 2 append to the list, 3 subtract from the list. */
        configOperation: int8(),
        /** Its value; null where it is deleted. */
        value: nullable(string()),
      }),
    }),
    /** Whether to check only, and change nothing. */
    validateOnly: boolean(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, resource by resource. */
    responses: array({
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: nullable(string()),
      /** Kind of resource, by number. */
      resourceType: int8(),
      /** Name of the resource. */
      resourceName: string(),
    }),
  },
});
