// RemoveRaftVoter v0. Behavior: refused, for this node is the only voter and has to stay (KIP-853;
// org.apache.kafka.raft.internals.RemoveVoterHandler).

import { ZERO_UUID } from '@klamm/base/random';
import { RemoveRaftVoter } from '@klamm/protocol/api/81-remove-raft-voter';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { otherClusterProblem } from './voter-requests.ts';

export const removeRaftVoter = defineHandler(RemoveRaftVoter, {
  clusterOperation: Operation.alter,
  handle({ broker: { catalog } }, { clusterId, voterId, voterDirectoryId }) {
    const otherCluster = otherClusterProblem(catalog.clusterId, clusterId);
    if (otherCluster !== null) return otherCluster;
    if (voterId < 0 || voterDirectoryId === ZERO_UUID) {
      const errorMessage = 'A voter is named by its node id, from 0 on, and the id of its log directory.';
      return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
    }
    if (catalog.kraftVersion === 0) {
      const errorMessage = 'The voters of this quorum are fixed (kraft.version is 0): none can be taken out.';
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION, errorMessage };
    }
    const isSelf = voterId === catalog.nodeId && voterDirectoryId === catalog.directoryId;
    const errorMessage = isSelf
      ? `Node ${voterId} is the only voter, and a quorum needs one.`
      : `There is no such voter: node ${catalog.nodeId} with directory ${catalog.directoryId} is the only one.`;
    return { errorCode: ErrorCode.VOTER_NOT_FOUND, errorMessage };
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
});
