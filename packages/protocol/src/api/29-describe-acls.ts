// Lists ACLs that a filter matches (KIP-140). Version notes: v1 has prefixed names (KIP-290), v3 the resource type
// user (KIP-373).

import { array, int8, int16, int32, nullable, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
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
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: nullable(string()),
    /** Resources with the ACLs found, in the order of kind and name. */
    resources: array({
      /** Kind of resource, by number: 2 topic, 3 group, 4 cluster, 5 transactional id, 6 token, 7 user. */
      resourceType: int8(),
      /** Name of the resource. */
      resourceName: string(),
      /** How the resource's name is meant, by number: 3 literal, 4 prefixed. */
      patternType: int8(3),
      /** The resource's ACLs. */
      acls: array({
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
