// Replaces all settings of a resource: what is left out goes back to its default (KIP-133). IncrementalAlterConfigs
// is what to use. Version notes: v2 is flexible; nothing else changed.

import { array, boolean, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AlterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    /** The resources concerned. */
    resources: array({
      /** Kind of resource, by number: 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8(),
      /** Name of the resource. */
      resourceName: string(),
      /** All settings the resource shall have; those left out go back to their default. */
      configs: array({
        /** Name of the setting. */
        name: string(),
        /** Its value; null to go back to the default. */
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
