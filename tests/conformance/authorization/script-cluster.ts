// Requests of those who look after a cluster's nodes: its quorum, features, replicas and leaders.

import { AlterReplicaLogDirs } from '@klamm/protocol/api/34-alter-replica-log-dirs';
import { ElectLeaders } from '@klamm/protocol/api/43-elect-leaders';
import { AlterPartitionReassignments } from '@klamm/protocol/api/45-alter-partition-reassignments';
import { ListPartitionReassignments } from '@klamm/protocol/api/46-list-partition-reassignments';
import { DescribeQuorum } from '@klamm/protocol/api/55-describe-quorum';
import { UpdateFeatures } from '@klamm/protocol/api/57-update-features';
import { UnregisterBroker } from '@klamm/protocol/api/64-unregister-broker';
import { AddRaftVoter } from '@klamm/protocol/api/80-add-raft-voter';
import { RemoveRaftVoter } from '@klamm/protocol/api/81-remove-raft-voter';
import { from, type Row, rows } from './row.ts';

const TOPICS = ['orders', 'secret', 'nothing-here'];
const METADATA = { topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] };
const OTHER_DIRECTORY = Buffer.from('another one ....').toString('base64url');
const LISTENERS = [{ name: 'CONTROLLER', host: 'localhost', port: 1 }];

export function clusterRows(): Row[] {
  return [...replicaRows(), ...quorumRows()];
}

function replicaRows(): Row[] {
  return [
    ...rows(AlterReplicaLogDirs, [1, 2], 'to nowhere', () => ({
      dirs: [{ path: '/nowhere', topics: TOPICS.map((name) => ({ name, partitions: [0] })) }],
    })),
    ...rows(ElectLeaders, from(0, 2), 'of three topics', () => ({
      topicPartitions: TOPICS.map((topic) => ({ topic, partitions: [0] })),
    })),
    ...rows(ElectLeaders, [2], 'of all, unclean', () => ({ electionType: 1, topicPartitions: null })),
    ...rows(AlterPartitionReassignments, [0, 1], 'of three topics', () => ({
      topics: TOPICS.map((name) => ({
        name,
        partitions: [[1], [2], [], null].map((replicas) => ({ partitionIndex: 0, replicas })),
      })),
    })),
    ...rows(ListPartitionReassignments, [0], 'all', () => ({ topics: null })),
  ];
}

function quorumRows(): Row[] {
  const voter = { clusterId: null, voterId: 2, voterDirectoryId: OTHER_DIRECTORY };
  const update = { feature: 'nothing.version', maxVersionLevel: 1 };
  return [
    ...rows(DescribeQuorum, from(0, 2), '', () => ({ topics: [METADATA] })),
    ...rows(DescribeQuorum, [2], 'of a topic', () => ({ topics: [{ ...METADATA, topicName: 'orders' }] })),
    ...rows(UpdateFeatures, from(0, 2), 'to what there is not', () => ({ featureUpdates: [update] })),
    ...rows(UpdateFeatures, from(1, 2), 'as a test', () => ({
      featureUpdates: [{ feature: 'group.version', maxVersionLevel: 0, upgradeType: 2 }],
      validateOnly: true,
    })),
    ...rows(UnregisterBroker, [0], 'that is not there', () => ({ brokerId: 7 })),
    ...rows(AddRaftVoter, [0, 1], '', () => ({ ...voter, timeoutMs: 1000, listeners: LISTENERS })),
    ...rows(RemoveRaftVoter, [0], '', () => voter),
  ];
}
