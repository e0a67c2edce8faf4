// Takes the cluster's features up or down (KIP-584). Version notes: v1 has types of upgrade and can check only
// (KIP-778), v2 answers with one error for all (KIP-1022).

import { array, boolean, int8, int16, int32, nullable, since, string, until } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const UpdateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    /** How long the broker may take, ms. */
    timeoutMs: int32(60000),
    /** The levels to change. */
    featureUpdates: array({
      /** Name of the feature, such as "metadata.version". */
      feature: string(),
      /** The level to go to; below 1 to remove the feature. */
      maxVersionLevel: int16(),
      /** Whether the level may go down, in v0; later versions have `upgradeType`. */
      allowDowngrade: until(0, boolean()),
      /** 1 up only, 2 down where nothing is lost, 3 down whatever is lost (KIP-778). */
      upgradeType: since(1, int8(1)),
    }),
    /** Whether to check only, and change nothing. */
    validateOnly: since(1, boolean()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: nullable(string()),
    /** The outcome, feature by feature; none from v2 on. */
    results: until(
      1,
      array({
        /** Name of the feature, such as "metadata.version". */
        feature: string(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: nullable(string()),
      }),
    ),
  },
});
