// Removes the ACLs that filters match, and lists them (KIP-140). Version notes: v1 has prefixed names (KIP-290), v3
// the resource type user (KIP-373).

import { array, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DeleteAcls = api({
  key: 31,
  name: 'DeleteAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    /** Filters; every ACL that one of them matches is removed. */
    filters: array({
      /** Kind of resource to match, by number; 1 matches any. */
      resourceTypeFilter: int8(),
      /** Name to match; null matches any. */
      resourceNameFilter: nullable(string()),
      /** How the name is to match, by number: 1 any, 2 whatever applies to the name, 3 literal, 4 prefixed. */
      patternTypeFilter: int8(3),
      /** Principal to match; null matches any. */
      principalFilter: nullable(string()),
      /** Host to match; null matches any. */
      hostFilter: nullable(string()),
      /** Operation to match, by number; 1 matches any. */
      operation: int8(),
      /** Permission to match, by number: 1 any, 2 deny, 3 allow. */
      permissionType: int8(),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, filter by filter, in the order they were given. */
    filterResults: array({
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: nullable(string()),
      /** The ACLs the filter matched. */
      matchingAcls: array({
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: nullable(string()),
        /** Kind of resource, by number. */
        resourceType: int8(),
        /** Name of the resource. */
        resourceName: string(),
        /** How the resource's name is meant, by number: 3 literal, 4 prefixed. */
        patternType: int8(3),
        /** Whom the ACL is for, as "User:name". */
        principal: string(),
        /** Address the ACL is for; "*" for all. */
        host: string(),
        /** Operation by number, as in AclOperation: 1 any, 2 all, 3 read, 4 write … */
        operation: int8(),
        /** Permission by number: 1 any, 2 deny, 3 allow. */
        permissionType: int8(),
      }),
    }),
  },
});
