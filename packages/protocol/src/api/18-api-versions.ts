// Tells which requests a broker answers in which versions: the first thing that a client asks. Version notes: v3
// names the client's software (KIP-511), and answers with feature levels (KIP-584); v4 tells features that begin at
// level 0 too. The response header is version 0 always, and a version that the broker does not know is answered in
// v0 with UNSUPPORTED_VERSION.

import { array, boolean, int16, int32, int64, since, string, tagged } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ApiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexibleFrom: 3,
  request: {
    /** Name of the client's library, such as "apache-kafka-java" (KIP-511). */
    clientSoftwareName: since(3, string()),
    /** Version of the client's library. */
    clientSoftwareVersion: since(3, string()),
  },
  response: {
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** The APIs that may be sent, with their versions. */
    apiKeys: array({
      /** Key of the API. */
      apiKey: int16(),
      /** First version that is answered. */
      minVersion: int16(),
      /** Last version that is answered. */
      maxVersion: int16(),
    }),
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(1, int32()),
    /** The feature levels this broker could take on; before v4 without those that begin at 0. */
    supportedFeatures: tagged(
      0,
      3,
      array({
        /** Name of the feature. */
        name: string(),
        /** Lowest level supported. */
        minVersion: int16(),
        /** Highest level supported. */
        maxVersion: int16(),
      }),
    ),
    /** Which state of the finalized features this is; -1 where it is not known. */
    finalizedFeaturesEpoch: tagged(1, 3, int64(-1)),
    /** The feature levels the cluster has taken on; told only with an epoch. */
    finalizedFeatures: tagged(
      2,
      3,
      array({
        /** Name of the feature. */
        name: string(),
        /** The level in force. */
        maxVersionLevel: int16(),
        /** Lowest level that members of the cluster may have. */
        minVersionLevel: int16(),
      }),
    ),
    /** Whether a migration from ZooKeeper could begin; never in Kafka 4. */
    zkMigrationReady: tagged(3, 3, boolean()),
  },
});
