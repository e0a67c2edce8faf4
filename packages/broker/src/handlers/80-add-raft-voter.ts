// AddRaftVoter v0 and v1. Behavior: refused, for Klamm is its quorum alone; what is wrong with the request itself is said
// before that (KIP-853; org.apache.kafka.raft.internals.AddVoterHandler). Version notes: v1 has `ackWhenCommitted`.

import { ZERO_UUID } from '@klamm/base/random';
import { AddRaftVoter } from '@klamm/protocol/api/80-add-raft-voter';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { otherClusterProblem } from './voter-requests.ts';

export const addRaftVoter = defineHandler(AddRaftVoter, {
  clusterOperation: Operation.alter,
  handle({ broker: { catalog } }, { clusterId, voterId, voterDirectoryId, listeners }) {
    const otherCluster = otherClusterProblem(catalog.clusterId, clusterId);
    if (otherCluster !== null) return otherCluster;
    if (voterId < 0 || voterDirectoryId === ZERO_UUID || listeners.length === 0) {
      const errorMessage = 'A voter has a node id from 0 on, the id of its log directory, and a listener.';
      return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
    }
    if (catalog.kraftVersion > 0 && voterId === catalog.nodeId) {
      const errorMessage = `Node ${voterId} is a voter already, and the only one.`;
      return { errorCode: ErrorCode.DUPLICATE_VOTER, errorMessage };
    }
    const errorMessage =
      'Klamm is one node, and votes alone. For more voters, hand the data directory over to Apache Kafka (klamm log hand-over).';
    return { errorCode: ErrorCode.UNSUPPORTED_VERSION, errorMessage };
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
});
