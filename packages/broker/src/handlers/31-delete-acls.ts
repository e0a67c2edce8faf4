// DeleteAcls v1 to v3 (KIP-140). Behavior: removes what the filters match and says, filter by filter, what that was.
// Version notes: v1 has prefixed names (KIP-290), v3 the resource type user (KIP-373).

import { DeleteAcls } from '@klamm/protocol/api/31-delete-acls';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { deleteAclRecords } from '../metadata/acl-changes.ts';
import { DONE, NO_AUTHORIZER } from './acl-requests.ts';

export const deleteAcls = defineHandler(DeleteAcls, {
  clusterOperation: Operation.alter,

  async handle({ broker }, { filters }) {
    if (broker.authorizer === undefined) {
      return { filterResults: filters.map(() => ({ ...NO_AUTHORIZER, matchingAcls: [] })) };
    }
    const results = await broker.catalog.change((image) => {
      const decided = deleteAclRecords(image.acls, filters);
      return { records: decided.records, result: decided.results };
    });
    return {
      filterResults: results.map((result) =>
        'errorCode' in result
          ? { ...result, matchingAcls: [] }
          : { ...DONE, matchingAcls: result.map((acl) => ({ ...DONE, ...acl })) },
      ),
    };
  },
  onError: ({ filters }, errorCode, errorMessage) => ({
    filterResults: filters.map(() => ({ errorCode, errorMessage, matchingAcls: [] })),
  }),
});
