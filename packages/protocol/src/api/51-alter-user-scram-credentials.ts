// Sets and removes SCRAM credentials; the password is salted by the client (KIP-554). There is one version, v0.

import { array, bytes, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AlterUserScramCredentials = api({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** The credentials to remove. */
    deletions: array({
      /** Name of the user. */
      name: string(),
      /** SCRAM mechanism by number: 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
      mechanism: int8(),
    }),
    /** The credentials to set. */
    upsertions: array({
      /** Name of the user. */
      name: string(),
      /** SCRAM mechanism by number: 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
      mechanism: int8(),
      /** Rounds of hashing the password went through. */
      iterations: int32(),
      /** Random bytes that the password was hashed with. */
      salt: bytes(),
      /** The password after salting and hashing; the password itself is never sent. */
      saltedPassword: bytes(),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, user by user. */
    results: array({
      /** Name of the user. */
      user: string(),
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: nullable(string()),
    }),
  },
});
