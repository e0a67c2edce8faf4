// AlterPartitionReassignments v0 and v1. Behavior: every partition lies on this node and can lie on no other, so that what
// is asked for is so already, or cannot be (KIP-455). Nothing ever moves, and there is nothing to cancel.

import { AlterPartitionReassignments } from '@klamm/protocol/api/45-alter-partition-reassignments';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import type { MetadataImage } from '../metadata/image.ts';
import { type Refused, repeated } from '../metadata/topic-changes.ts';

const DONE = { errorCode: ErrorCode.NONE, errorMessage: null };

export const alterPartitionReassignments = defineHandler(AlterPartitionReassignments, {
  clusterOperation: Operation.alter,
  handle({ broker }, { allowReplicationFactorChange, topics }) {
    const { image, nodeId } = broker.catalog;
    return {
      allowReplicationFactorChange,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      responses: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, replicas }) => ({
          partitionIndex,
          ...(missing(image, name, partitionIndex) ?? outcome(replicas, nodeId)),
        })),
      })),
    };
  },
  onError: ({ allowReplicationFactorChange, topics }, errorCode, errorMessage) => ({
    allowReplicationFactorChange,
    errorCode,
    errorMessage,
    responses: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, errorMessage })),
    })),
  }),
});

function missing(image: MetadataImage, name: string, partitionIndex: number): Refused | undefined {
  const topic = image.topic(name);
  if (topic?.partitions[partitionIndex] !== undefined) return undefined;
  const what = topic === undefined ? `topic named ${name}` : `partition ${name}-${partitionIndex}`;
  return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `There is no ${what}.` };
}

function outcome(replicas: readonly number[] | null, nodeId: number) {
  if (replicas === null) return { errorCode: ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, errorMessage: null };
  const problem = replicasProblem(replicas, nodeId);
  return problem === null ? DONE : { errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT, errorMessage: problem };
}

function replicasProblem(replicas: readonly number[], nodeId: number): string | null {
  if (replicas.length === 0) return 'The assignment gives the partition no replica.';
  const other = replicas.find((id) => id !== nodeId);
  if (other !== undefined) {
    return (
      `The assignment names broker ${other}; there is only broker ${nodeId}, for Klamm is one node. For replicas, move to ` +
      'Apache Kafka with three nodes or more, which starts on the same data directory (klamm log hand-over).'
    );
  }
  const [twice] = repeated(replicas.map(String));
  return twice === undefined ? null : `The assignment names broker ${twice} more than once.`;
}
