// Adds ACLs (KIP-140). Version notes: v1 has prefixed names (KIP-290), v3 the resource type user (KIP-373).

import { array, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const CreateAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    /** The ACLs to add. */
    creations: array({
      /** Kind of resource, by number. */
      resourceType: int8(),
      /** Name of the resource. */
      resourceName: string(),
      /** How the resource's name is meant, by number: 3 literal, 4 prefixed. */
      resourcePatternType: int8(3),
      /** Whom the ACL is for, as "User:name". */
      principal: string(),
      /** Address the ACL is for; "*" for all. */
      host: string(),
      /** Operation by number, as in AclOperation: 1 any, 2 all, 3 read, 4 write … */
      operation: int8(),
      /** Permission by number: 1 any, 2 deny, 3 allow. */
      permissionType: int8(),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, ACL by ACL, in the order they were asked for. */
    results: array({
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: nullable(string()),
    }),
  },
});
