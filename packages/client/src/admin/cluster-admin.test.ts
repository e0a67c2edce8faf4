// What the administrator makes of answers about a cluster of several nodes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KlammError } from '@klamm/base/errors';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { DescribeGroups } from '@klamm/protocol/api/15-describe-groups';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { AlterReplicaLogDirs } from '@klamm/protocol/api/34-alter-replica-log-dirs';
import { DescribeLogDirs } from '@klamm/protocol/api/35-describe-log-dirs';
import { DeleteGroups } from '@klamm/protocol/api/42-delete-groups';
import { ElectLeaders } from '@klamm/protocol/api/43-elect-leaders';
import { AlterPartitionReassignments } from '@klamm/protocol/api/45-alter-partition-reassignments';
import { ListPartitionReassignments } from '@klamm/protocol/api/46-list-partition-reassignments';
import { UpdateFeatures } from '@klamm/protocol/api/57-update-features';
import { UnregisterBroker } from '@klamm/protocol/api/64-unregister-broker';
import { ConsumerGroupDescribe } from '@klamm/protocol/api/69-consumer-group-describe';
import { AddRaftVoter } from '@klamm/protocol/api/80-add-raft-voter';
import { RemoveRaftVoter } from '@klamm/protocol/api/81-remove-raft-voter';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Api } from '@klamm/protocol/schema/message';
import { Kafka } from '../client.ts';
import { HANG_UP, ScriptedBroker } from '../network/scripted-broker.ts';

const APIS = [
  Metadata,
  FindCoordinator,
  DescribeGroups,
  ApiVersions,
  AlterReplicaLogDirs,
  DescribeLogDirs,
  DeleteGroups,
  ElectLeaders,
  AlterPartitionReassignments,
  ListPartitionReassignments,
  UpdateFeatures,
  UnregisterBroker,
  ConsumerGroupDescribe,
  AddRaftVoter,
  RemoveRaftVoter,
] as unknown as readonly Api[];
const DIRECTORY = Buffer.from('a directory ....').toString('base64url');

/** Two brokers, and an administrator. */
async function start() {
  const nodes = [await ScriptedBroker.start(), await ScriptedBroker.start()] as const;
  const apiKeys = APIS.map(({ key, versions }) => ({
    apiKey: key,
    minVersion: versions[0],
    maxVersion: versions[1],
  }));
  for (const node of nodes) {
    node.on(ApiVersions, () => ({
      apiKeys,
      supportedFeatures: [
        { name: 'metadata.version', minVersion: 7, maxVersion: 30 },
        { name: 'kraft.version', minVersion: 0, maxVersion: 1 },
      ],
      finalizedFeaturesEpoch: 3,
      finalizedFeatures: [{ name: 'metadata.version', maxVersionLevel: 29, minVersionLevel: 29 }],
    }));
    node.on(Metadata, () => ({
      brokers: nodes.map(({ port }, i) => ({ nodeId: i + 1, host: '127.0.0.1', port })),
      controllerId: 1,
      topics: [],
    }));
    // Groups that end in 2 are coordinated by the second.
    node.on(FindCoordinator, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map((key) => {
        const nodeId = key.endsWith('2') ? 2 : 1;
        return { key, nodeId, host: '127.0.0.1', port: nodes[nodeId - 1]?.port ?? 0 };
      }),
    }));
  }
  const kafka = new Kafka({ brokers: nodes[0].bootstrap, retryBackOff: { firstMs: 1, mostMs: 5 } });
  const admin = kafka.admin();
  return {
    nodes,
    admin,
    both<T>(on: (node: ScriptedBroker, nodeId: number) => T): void {
      for (const [i, node] of nodes.entries()) on(node, i + 1);
    },
    async [Symbol.asyncDispose]() {
      await admin.close();
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
    },
  };
}

const failsWith = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof KlammError);
  assert.equal(error.code, code);
  assert.match(error.message, text);
  return true;
};

test('while there is no controller, the controller is asked again', async () => {
  await using session = await start();
  let refusals = 2;
  const moves: unknown[] = [];
  session.both((node) =>
    node.on(AlterPartitionReassignments, ({ topics }) => {
      if (refusals-- > 0) return { errorCode: ErrorCode.NOT_CONTROLLER, errorMessage: null };
      moves.push(topics);
      return { responses: [{ name: 't', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }] }] };
    }),
  );
  await session.admin.reassignPartitions([
    { topic: 't', partition: 0, replicas: [1, 2] },
    { topic: 't', partition: 1, replicas: [2, 1] },
  ]);
  assert.deepEqual(moves, [
    [
      {
        name: 't',
        partitions: [
          { partitionIndex: 0, replicas: [1, 2] },
          { partitionIndex: 1, replicas: [2, 1] },
        ],
      },
    ],
  ]);
});

test('the first partition that cannot be moved is named, with how many others there are', async () => {
  await using session = await start();
  session.both((node) =>
    node.on(AlterPartitionReassignments, () => ({
      responses: [
        {
          name: 't',
          partitions: [
            { partitionIndex: 0 },
            { partitionIndex: 1, errorCode: 39, errorMessage: 'There is no broker 9.' },
            { partitionIndex: 2, errorCode: 39, errorMessage: null },
          ],
        },
      ],
    })),
  );
  const moves = [0, 1, 2].map((partition) => ({ topic: 't', partition, replicas: [9] }));
  await assert.rejects(
    session.admin.reassignPartitions(moves),
    failsWith(
      'INVALID_REPLICA_ASSIGNMENT',
      /^t-1 was not reassigned: There is no broker 9\. \(and 1 more\)$/,
    ),
  );
});

test('what moves is told with who is added and who goes; a move is cancelled without replicas', async () => {
  await using session = await start();
  session.both((node) => {
    node.on(ListPartitionReassignments, ({ topics }) => {
      assert.equal(topics, null);
      const moving = { partitionIndex: 1, replicas: [1, 2, 3], addingReplicas: [3], removingReplicas: [1] };
      return { topics: [{ name: 't', partitions: [moving] }] };
    });
    node.on(AlterPartitionReassignments, ({ topics }) => {
      assert.equal(topics[0]?.partitions[0]?.replicas, null);
      const partitions = [{ partitionIndex: 1, errorCode: ErrorCode.NO_REASSIGNMENT_IN_PROGRESS }];
      return { responses: [{ name: 't', partitions }] };
    });
  });
  assert.deepEqual(await session.admin.listReassignments(), [
    { topic: 't', partition: 1, replicas: [1, 2, 3], adding: [3], removing: [1] },
  ]);
  await assert.rejects(
    session.admin.cancelReassignments([{ topic: 't', partition: 1 }]),
    failsWith('NO_REASSIGNMENT_IN_PROGRESS', /^t-1 stays as it is: /),
  );
});

test('an election that was not needed is no failure; one that found nobody is told for its partition', async () => {
  await using session = await start();
  session.both((node) =>
    node.on(ElectLeaders, ({ electionType, topicPartitions }) => {
      assert.equal(electionType, 1);
      assert.deepEqual(topicPartitions, [{ topic: 't', partitions: [0, 1, 2] }]);
      const codes = [ErrorCode.NONE, ErrorCode.ELECTION_NOT_NEEDED, ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE];
      const partitionResult = codes.map((errorCode, partitionId) => ({ partitionId, errorCode }));
      return { replicaElectionResults: [{ topic: 't', partitionResult }] };
    }),
  );
  const partitions = [0, 1, 2].map((partition) => ({ topic: 't', partition }));
  const elections = await session.admin.electLeaders({ type: 'unclean', partitions });
  assert.deepEqual(
    elections.map(({ partition, isElected, error }) => [partition, isElected, error?.code]),
    [
      [0, true, undefined],
      [1, false, undefined],
      [2, false, 'ELIGIBLE_LEADERS_NOT_AVAILABLE'],
    ],
  );
});

test('features are told with their levels and ranges, and updated by type', async () => {
  await using session = await start();
  assert.deepEqual(await session.admin.describeFeatures(), [
    { name: 'kraft.version', level: 0, supported: { min: 0, max: 1 } },
    { name: 'metadata.version', level: 29, supported: { min: 7, max: 30 } },
  ]);
  const asked: unknown[] = [];
  session.both((node) =>
    node.on(UpdateFeatures, ({ featureUpdates, validateOnly }) => {
      asked.push([
        ...featureUpdates.map((each) => [each.feature, each.maxVersionLevel, each.upgradeType]),
        validateOnly,
      ]);
      return validateOnly ? {} : { errorCode: 95, errorMessage: 'No level 31.' };
    }),
  );
  const { admin } = session;
  await admin.updateFeatures(
    [
      { name: 'a', level: 2 },
      { name: 'b', level: 0, downgrade: 'unsafe' },
    ],
    { validateOnly: true },
  );
  await assert.rejects(
    admin.updateFeatures([{ name: 'metadata.version', level: 31, downgrade: 'safe' }]),
    failsWith('INVALID_UPDATE_VERSION', /^The features were not updated: No level 31\.$/),
  );
  assert.deepEqual(asked, [
    [['a', 2, 1], ['b', 0, 3], true],
    [['metadata.version', 31, 2], false],
  ]);
});

test('a voter is not added twice where the answer is lost', async () => {
  await using session = await start();
  let asked = 0;
  session.both((node) =>
    node.on(AddRaftVoter, () => {
      asked++;
      return HANG_UP;
    }),
  );
  const listeners = [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }];
  await assert.rejects(session.admin.addVoter({ nodeId: 3, directoryId: DIRECTORY, listeners }));
  assert.equal(asked, 1);
});

test('voters and brokers that are not there are told as such', async () => {
  await using session = await start();
  session.both((node) => {
    node.on(RemoveRaftVoter, () => ({ errorCode: ErrorCode.VOTER_NOT_FOUND }));
    node.on(UnregisterBroker, () => ({ errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED }));
  });
  await assert.rejects(
    session.admin.removeVoter({ nodeId: 3, directoryId: DIRECTORY }),
    failsWith('VOTER_NOT_FOUND', /^Node 3 was not taken out of the voters: /),
  );
  await assert.rejects(
    session.admin.unregisterBroker(7),
    failsWith('BROKER_ID_NOT_REGISTERED', /^Broker 7 was not unregistered: /),
  );
});

test('each broker tells of its own directories; one that may not be asked keeps none from it', async () => {
  await using session = await start();
  const [first, second] = session.nodes;
  first.on(DescribeLogDirs, () => ({
    results: [
      {
        logDir: '/data',
        totalBytes: 100,
        usableBytes: 40,
        topics: [{ name: 't', partitions: [{ partitionIndex: 1, partitionSize: 7, offsetLag: 2 }] }],
      },
      { logDir: '/lost', errorCode: ErrorCode.KAFKA_STORAGE_ERROR },
    ],
  }));
  second.on(DescribeLogDirs, () => ({ errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED }));
  const dirs = await session.admin.describeLogDirs();
  const own = dirs.get(1);
  assert.ok(Array.isArray(own));
  assert.deepEqual(own[0]?.replicas, [
    { topic: 't', partition: 1, sizeBytes: 7, offsetLag: 2, isFuture: false },
  ]);
  assert.deepEqual(
    own.map(({ path, error }) => [path, error?.code]),
    [
      ['/data', undefined],
      ['/lost', 'KAFKA_STORAGE_ERROR'],
    ],
  );
  const others = dirs.get(2);
  assert.ok(others instanceof KlammError && others.code === 'CLUSTER_AUTHORIZATION_FAILED');
});

test('a replica is moved by the broker that has it', async () => {
  await using session = await start();
  session.both((node, nodeId) =>
    node.on(AlterReplicaLogDirs, ({ dirs }) => ({
      results: dirs.flatMap(({ path, topics }) =>
        topics.map(({ name, partitions }) => ({
          topicName: name,
          partitions: partitions.map((partitionIndex) => ({
            partitionIndex,
            errorCode: path === `/data-${nodeId}` ? 0 : ErrorCode.LOG_DIR_NOT_FOUND,
          })),
        })),
      ),
    })),
  );
  const place = { topic: 't', partition: 0 };
  await session.admin.alterReplicaLogDirs([
    { ...place, nodeId: 1, path: '/data-1' },
    { ...place, nodeId: 2, path: '/data-2' },
  ]);
  await assert.rejects(
    session.admin.alterReplicaLogDirs([{ ...place, nodeId: 2, path: '/data-1' }]),
    failsWith('LOG_DIR_NOT_FOUND', /^The replica of t-0 on broker 2 was not moved: /),
  );
});

test('many groups are described with one request for each coordinator, in either protocol, and fail alone', async () => {
  await using session = await start();
  let loading = true;
  session.both((node, nodeId) => {
    node.on(DescribeGroups, ({ groups }) => ({
      groups: groups.map((groupId) => {
        assert.equal(groupId.endsWith('2') ? 2 : 1, nodeId);
        if (groupId === 'secret-1') return { groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
        if (groupId.startsWith('classic')) {
          const errorCode = loading && nodeId === 2 ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : 0;
          if (nodeId === 2) loading = false;
          return {
            groupId,
            errorCode,
            groupState: 'Stable',
            protocolType: 'consumer',
            protocolData: 'range',
          };
        }
        return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, groupState: 'Dead' };
      }),
    }));
    node.on(ConsumerGroupDescribe, ({ groupIds }) => ({
      groups: groupIds.map((groupId) => ({
        groupId,
        errorCode: groupId.startsWith('new') ? 0 : ErrorCode.GROUP_ID_NOT_FOUND,
        groupState: 'Empty',
        groupEpoch: 4,
      })),
    }));
  });
  const ids = ['classic-1', 'new-1', 'classic-2', 'none-2', 'secret-1'];
  const groups = await session.admin.describeGroups(ids);
  assert.deepEqual(
    [...groups].map(([id, group]) => [id, group instanceof KlammError ? group.code : group.type]),
    [
      ['classic-1', 'classic'],
      ['new-1', 'consumer'],
      ['classic-2', 'classic'],
      ['none-2', 'GROUP_ID_NOT_FOUND'],
      ['secret-1', 'GROUP_AUTHORIZATION_FAILED'],
    ],
  );
  const [first, second] = session.nodes;
  const asked = (node: ScriptedBroker) => node.requests.filter((name) => name === 'DescribeGroups').length;
  assert.deepEqual([asked(first), asked(second)], [1, 2], 'only who was loading is asked again');
});

test('many groups are deleted at once, each by itself', async () => {
  await using session = await start();
  session.both((node) =>
    node.on(DeleteGroups, ({ groupsNames }) => ({
      results: groupsNames.map((groupId) => ({
        groupId,
        errorCode: groupId.startsWith('none') ? ErrorCode.GROUP_ID_NOT_FOUND : 0,
      })),
    })),
  );
  const outcomes = await session.admin.deleteGroups(['a-1', 'none-1', 'b-2']);
  assert.deepEqual(
    [...outcomes].map(([id, error]) => [id, error?.code]),
    [
      ['a-1', undefined],
      ['none-1', 'GROUP_ID_NOT_FOUND'],
      ['b-2', undefined],
    ],
  );
});
