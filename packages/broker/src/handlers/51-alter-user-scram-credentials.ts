// AlterUserScramCredentials v0 (KIP-554). Behavior: each user is judged alone, and may be named once. Passwords come salted and
// hashed; what is kept of them cannot be turned back.

import { AlterUserScramCredentials } from '@klamm/protocol/api/51-alter-user-scram-credentials';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { alterScramRecords } from '../metadata/scram-changes.ts';

export const alterUserScramCredentials = defineHandler(AlterUserScramCredentials, {
  clusterOperation: Operation.alter,

  async handle({ broker }, { deletions, upsertions }) {
    const results = await broker.catalog.change((image) => {
      const decided = alterScramRecords(image.scram, deletions, upsertions);
      return { records: decided.records, result: decided.results };
    });
    return { results };
  },
  onError: ({ deletions, upsertions }, errorCode, errorMessage) => ({
    results: Array.from(new Set([...deletions, ...upsertions].map(({ name }) => name)), (user) => ({
      user,
      errorCode,
      errorMessage,
    })),
  }),
});
