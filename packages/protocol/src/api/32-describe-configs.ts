// Tells the settings of topics, brokers, groups and so on, with where they come from (KIP-133, KIP-226). Version
// notes: v1 has synonyms and sources (KIP-226), v3 types and documentation (KIP-569).

import { array, boolean, int8, int16, int32, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleFrom: 4,
  request: {
    /** The resources whose settings to tell. */
    resources: array({
      /** Kind of resource, by number: 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8(),
      /** Name of the resource. */
      resourceName: string(),
      /** Names of the settings to tell; null for all. */
      configurationKeys: nullable(array(string())),
    }),
    /** Whether to say where else a value could come from. */
    includeSynonyms: boolean(),
    /** Whether to explain each setting. */
    includeDocumentation: since(3, boolean()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, resource by resource. */
    results: array({
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: nullable(string()),
      /** Kind of resource, by number. */
      resourceType: int8(),
      /** Name of the resource. */
      resourceName: string(),
      /** The settings found. */
      configs: array({
        /** Name of the setting. */
        name: string(),
        /** Value of the setting; null for a secret, or none. */
        value: nullable(string()),
        /** Whether it can be changed only where the broker's file is. */
        readOnly: boolean(),
        /** Whose value: 1 topic, 2 broker, 3 all brokers, 4 the broker's file, 5 default, 8 group. */
        configSource: int8(-1),
        /** Whether it is a secret; its value is null then. */
        isSensitive: boolean(),
        /** Where else the value could come from, the strongest first. */
        synonyms: array({
          /** Name the setting has there. */
          name: string(),
          /** Value there; null for a secret, or none. */
          value: nullable(string()),
          /** Where it stands, by number, as in `configSource`. */
          source: int8(),
        }),
        /** Type by number: 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password. */
        configType: since(3, int8()),
        /** What the setting does; null where it was not asked for. */
        documentation: since(3, nullable(string())),
      }),
    }),
  },
});
