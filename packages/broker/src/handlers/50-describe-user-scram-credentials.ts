// DescribeUserScramCredentials v0 (KIP-554). Behavior: mechanisms and rounds of the users named, or of all; nothing that
// helps to log in is told.

import { DescribeUserScramCredentials } from '@klamm/protocol/api/50-describe-user-scram-credentials';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { describeScramUsers } from '../metadata/scram-changes.ts';

export const describeUserScramCredentials = defineHandler(DescribeUserScramCredentials, {
  clusterOperation: Operation.describe,

  handle({ broker }, { users }) {
    const names = users?.map(({ name }) => name) ?? null;
    return { results: describeScramUsers(broker.catalog.image.scram, names) };
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage, results: [] }),
});
