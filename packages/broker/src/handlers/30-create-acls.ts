// CreateAcls v1 to v3 (KIP-140). Behavior: each ACL is judged by itself; one that is there already is a success. Version
// notes: v1 has prefixed names (KIP-290), v3 the resource type user (KIP-373).

import { CreateAcls } from '@klamm/protocol/api/30-create-acls';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { createAclRecords } from '../metadata/acl-changes.ts';
import { DONE, NO_AUTHORIZER } from './acl-requests.ts';

export const createAcls = defineHandler(CreateAcls, {
  clusterOperation: Operation.alter,

  async handle({ broker }, { creations }) {
    if (broker.authorizer === undefined) return { results: creations.map(() => NO_AUTHORIZER) };
    const wanted = creations.map(({ resourcePatternType: patternType, ...acl }) => ({ ...acl, patternType }));
    const results = await broker.catalog.change((image) => {
      const decided = createAclRecords(image.acls, wanted);
      return { records: decided.records, result: decided.results };
    });
    return { results: results.map((problem) => problem ?? DONE) };
  },
  onError: ({ creations }, errorCode, errorMessage) => ({
    results: creations.map(() => ({ errorCode, errorMessage })),
  }),
});
