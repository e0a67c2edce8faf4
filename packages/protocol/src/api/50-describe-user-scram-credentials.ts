// Tells which users have SCRAM credentials, never the credentials (KIP-554). There is one version, v0.

import { array, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeUserScramCredentials = api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** The users to tell of; null or none for all. */
    users: nullable(
      array({
        /** Name of the user. */
        name: string(),
      }),
    ),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: nullable(string()),
    /** The outcome, user by user. */
    results: array({
      /** Name of the user. */
      user: string(),
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: nullable(string()),
      /** The mechanisms the user has a credential for. */
      credentialInfos: array({
        /** SCRAM mechanism by number: 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
        mechanism: int8(),
        /** Rounds of hashing the password went through. */
        iterations: int32(),
      }),
    }),
  },
});
