// What the administrator asks of which broker about transactions, and what it makes of the answers, the rare ones above
// all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { WriteTxnMarkers } from '@klamm/protocol/api/27-write-txn-markers';
import { DescribeConfigs } from '@klamm/protocol/api/32-describe-configs';
import { DescribeProducers } from '@klamm/protocol/api/61-describe-producers';
import { DescribeTransactions } from '@klamm/protocol/api/65-describe-transactions';
import { ListTransactions } from '@klamm/protocol/api/66-list-transactions';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Api } from '@klamm/protocol/schema/message';
import { Kafka } from '../client.ts';
import { ScriptedBroker, TOPIC_ID } from '../network/scripted-broker.ts';

const APIS = [
  Metadata,
  FindCoordinator,
  ApiVersions,
  InitProducerId,
  WriteTxnMarkers,
  DescribeConfigs,
  DescribeProducers,
  DescribeTransactions,
  ListTransactions,
] as readonly Api[];
const PARTITIONS = 1200;

/** Two brokers: each leads every other partition of every topic, and coordinates ids that end in its number. */
async function start(versionMax: Partial<Record<string, number>> = {}) {
  const brokers = [await ScriptedBroker.start(), await ScriptedBroker.start()] as const;
  /** Partitions that the other broker leads by now. */
  const moved = new Set<number>();
  for (const broker of brokers) {
    broker.on(ApiVersions, () => ({
      apiKeys: APIS.map(({ key, name, versions }) => ({
        apiKey: key,
        minVersion: versions[0],
        maxVersion: versionMax[name] ?? versions[1],
      })),
    }));
    broker.on(Metadata, ({ topics }) => ({
      brokers: brokers.map(({ port }, i) => ({ nodeId: i + 1, host: '127.0.0.1', port })),
      controllerId: 1,
      topics: (topics ?? [{ name: 't' }]).map(({ name }) => ({
        name,
        topicId: TOPIC_ID,
        partitions: Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
          partitionIndex,
          leaderId: 1 + ((partitionIndex + Number(moved.has(partitionIndex))) % 2),
          replicaNodes: [1, 2],
          isrNodes: [1, 2],
        })),
      })),
    }));
    broker.on(FindCoordinator, ({ key, keyType, coordinatorKeys }, version) => {
      assert.equal(keyType, 1);
      const place = (id: string) => ({ nodeId: Number(id.at(-1)), host: '127.0.0.1', port: 1 });
      if (version < 4) return place(key);
      return { coordinators: coordinatorKeys.map((id) => ({ key: id, ...place(id) })) };
    });
  }
  const bootstrap = brokers.map((broker) => broker.bootstrap);
  const kafka = new Kafka({ brokers: bootstrap, retryBackOff: { firstMs: 1, mostMs: 5 } });
  const admin = kafka.admin();
  return {
    brokers,
    moved,
    first: brokers[0],
    second: brokers[1],
    admin,
    async [Symbol.asyncDispose]() {
      await admin.close();
      for (const broker of brokers) await broker[Symbol.asyncDispose]();
    },
  };
}

type ScriptedTransaction = { readonly errorCode?: number; readonly transactionState?: string };

test('each coordinator is asked for its own transactions, and again only for what it could not tell', async () => {
  await using cluster = await start();
  const asked: string[][] = [];
  const busy = new Set(['b-2']);
  for (const broker of cluster.brokers) {
    broker.on(DescribeTransactions, ({ transactionalIds }) => {
      asked.push([...transactionalIds]);
      return {
        transactionStates: transactionalIds.map((transactionalId) => {
          const errorCode = busy.delete(transactionalId) ? ErrorCode.NOT_COORDINATOR : 0;
          const topics = [{ topic: 't', partitions: [3, 1] }];
          return {
            errorCode,
            transactionalId,
            transactionState: 'Ongoing',
            transactionStartTimeMs: 5,
            topics,
          };
        }),
      };
    });
  }
  const described = await cluster.admin.describeTransactions(['a-1', 'a-2', 'b-1', 'b-2', 'a-1']);
  assert.deepEqual(asked.map((ids) => ids.join()).sort(), ['a-1,b-1', 'a-2,b-2', 'b-2']);
  assert.deepEqual(
    [...described.values()]
      .map(({ transactionalId, coordinatorId }) => [transactionalId, coordinatorId])
      .sort(),
    [
      ['a-1', 1],
      ['a-2', 2],
      ['b-1', 1],
      ['b-2', 2],
    ],
  );
  const places = [3, 1].map((partition) => ({ topic: 't', partition }));
  assert.deepEqual(described.get('a-1')?.partitions, places);
});

test('a transaction that is over has no beginning, and a state nobody knows is Unknown', async () => {
  await using cluster = await start();
  const answer = async (state: ScriptedTransaction) => {
    cluster.first.on(DescribeTransactions, () => ({
      transactionStates: [{ transactionalId: 'x-1', transactionStartTimeMs: 5, ...state }],
    }));
    return cluster.admin.describeTransaction('x-1');
  };
  assert.equal((await answer({ transactionState: 'PrepareAbort' })).transactionStartTimeMs, 5);
  assert.equal((await answer({ transactionState: 'CompleteAbort' })).transactionStartTimeMs, null);
  const { state, transactionStartTimeMs } = await answer({ transactionState: 'Suspended' });
  assert.deepEqual([state, transactionStartTimeMs], ['Unknown', null]);
  await assert.rejects(answer({ errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED }), {
    code: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    message: /"x-1" cannot be described/,
  });
  await assert.rejects(answer({ errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND }), {
    code: 'TRANSACTIONAL_ID_NOT_FOUND',
    message: /no transactional id "x-1"/,
  });
});

test('transactions of all brokers are listed; one that loads them is waited for', async () => {
  await using cluster = await start();
  let loading = 2;
  cluster.first.on(ListTransactions, () =>
    loading-- > 0
      ? { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }
      : { transactionStates: [{ transactionalId: 'b-1', producerId: 3, transactionState: 'Empty' }] },
  );
  cluster.second.on(ListTransactions, ({ stateFilters, producerIdFilters, durationFilter, ...rest }) => {
    assert.deepEqual([stateFilters, producerIdFilters, durationFilter], [['Empty'], [3], -1]);
    assert.equal(rest.transactionalIdPattern, 'b.*');
    return { transactionStates: [{ transactionalId: 'a-2', producerId: 4, transactionState: 'Ongoing' }] };
  });
  const filters = { states: ['Empty'], producerIds: [3], transactionalIdPattern: 'b.*' } as const;
  assert.deepEqual(await cluster.admin.listTransactions(filters), [
    { transactionalId: 'a-2', state: 'Ongoing', producerId: 4, coordinatorId: 2 },
    { transactionalId: 'b-1', state: 'Empty', producerId: 3, coordinatorId: 1 },
  ]);
});

test('brokers take what never began, or is over, for long open; the list does not', async () => {
  await using cluster = await start();
  for (const broker of cluster.brokers) {
    broker.on(ListTransactions, ({ durationFilter }) => {
      assert.equal(durationFilter, 1000);
      const states = ['Empty', 'Ongoing', 'CompleteCommit', 'PrepareCommit'];
      return {
        transactionStates: states.map((transactionState) => ({ transactionalId: 'x', transactionState })),
      };
    });
  }
  const listed = await cluster.admin.listTransactions({ longerThanMs: 1000 });
  assert.deepEqual(new Set(listed.map(({ state }) => state)), new Set(['Ongoing', 'PrepareCommit']));
});

test('a filter that an older broker would not see is refused, not passed over', async () => {
  await using cluster = await start({ ListTransactions: 0 });
  for (const broker of cluster.brokers) {
    broker.on(ListTransactions, ({ stateFilters }) => ({ unknownStateFilters: stateFilters }));
  }
  const unsupported = { code: 'UNSUPPORTED_VERSION', message: /too old to list transactions by/ };
  await assert.rejects(cluster.admin.listTransactions({ longerThanMs: 0 }), unsupported);
  await assert.rejects(cluster.admin.listTransactions({ transactionalIdPattern: 'x' }), unsupported);
  assert.deepEqual(await cluster.admin.listTransactions(), []);
  await assert.rejects(cluster.admin.listTransactions({ states: ['PrepareEpochFence'] }), {
    code: 'INVALID_REQUEST',
    message: /no such state of a transaction: PrepareEpochFence/,
  });
});

test('producers are fenced once what they were ending is over, one by one at their coordinators', async () => {
  for (const findVersion of [3, 6]) {
    await using cluster = await start({ FindCoordinator: findVersion });
    let ending = 3;
    for (const broker of cluster.brokers) {
      broker.on(InitProducerId, ({ transactionalId, transactionTimeoutMs, producerId, producerEpoch }) => {
        assert.deepEqual([transactionTimeoutMs, producerId, producerEpoch], [60_000, -1, -1]);
        if (transactionalId === 'a-1' && ending-- > 0)
          return { errorCode: ErrorCode.CONCURRENT_TRANSACTIONS };
        return { producerId: transactionalId === 'a-1' ? 7 : 8, producerEpoch: 1 };
      });
    }
    const fenced = await cluster.admin.fenceProducers(['a-1', 'a-2']);
    assert.deepEqual([...fenced].sort(), [
      ['a-1', { producerId: 7, producerEpoch: 1 }],
      ['a-2', { producerId: 8, producerEpoch: 1 }],
    ]);
    const fences = cluster.second.requests.filter((name) => name === 'InitProducerId');
    assert.equal(fences.length, 1, 'what is done is not done again');
    cluster.first.on(InitProducerId, () => ({ errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED }));
    await assert.rejects(cluster.admin.forceTerminateTransaction('b-1'), {
      code: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      message: /"b-1" was not fenced/,
    });
  }
});

test('each leader is asked for its own partitions, some hundred at a time, and a new one for what has moved', async () => {
  await using cluster = await start();
  const sizes: number[] = [];
  for (const broker of cluster.brokers) {
    broker.on(DescribeProducers, ({ topics }) => {
      assert.deepEqual(
        topics.map(({ name }) => name),
        ['t'],
      );
      const indexes = topics[0]?.partitionIndexes ?? [];
      sizes.push(indexes.length);
      const partitions = indexes.map((partitionIndex) => {
        const isMoved = partitionIndex === 4 && broker === cluster.first;
        if (isMoved) cluster.moved.add(4);
        return {
          partitionIndex,
          errorCode: isMoved ? ErrorCode.NOT_LEADER_OR_FOLLOWER : 0,
          activeProducers: [{ producerId: 2 }, { producerId: 1, currentTxnStartOffset: partitionIndex }],
        };
      });
      return { topics: [{ name: 't', partitions }] };
    });
  }
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: 't', partition }));
  const described = await cluster.admin.describeProducers(partitions);
  assert.deepEqual(
    sizes.sort((a, b) => a - b),
    [1, 100, 100, 500, 500],
  );
  assert.deepEqual(
    described.map(({ partition }) => partition),
    partitions.map(({ partition }) => partition),
  );
  const { producers } = described[4] ?? {};
  assert.deepEqual(
    producers?.map(({ producerId, currentTxnStartOffset }) => [producerId, currentTxnStartOffset]),
    [
      [1, 4],
      [2, null],
    ],
  );
  cluster.first.on(DescribeProducers, () => ({
    topics: [
      {
        name: 't',
        partitions: [
          { partitionIndex: 2, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage: 'No.' },
        ],
      },
    ],
  }));
  await assert.rejects(cluster.admin.describeProducers([{ topic: 't', partition: 2 }]), {
    code: 'TOPIC_AUTHORIZATION_FAILED',
    message: 'The producers of t-2 cannot be had: No.',
  });
});

test('a partition is told to abort in the name of its last coordinator; a refusal says what to do', async () => {
  await using cluster = await start();
  const epochs: number[] = [];
  const codes = [ErrorCode.NOT_LEADER_OR_FOLLOWER, 0, 0];
  cluster.second.on(WriteTxnMarkers, ({ markers }) => {
    const [marker, ...others] = markers;
    assert.ok(marker !== undefined && others.length === 0);
    const { coordinatorEpoch, topics, ...rest } = marker;
    epochs.push(coordinatorEpoch);
    assert.deepEqual(topics, [{ name: 't', partitionIndexes: [1] }]);
    const { producerId, producerEpoch, transactionResult, transactionVersion } = rest;
    assert.deepEqual([producerId, producerEpoch, transactionResult, transactionVersion], [9, 3, false, 0]);
    const partitions = [{ partitionIndex: 1, errorCode: codes.shift() ?? 0 }];
    return { markers: [{ producerId: 9, topics: [{ name: 't', partitions }] }] };
  });
  const spec = { topic: 't', partition: 1, producerId: 9, producerEpoch: 3 };
  await cluster.admin.abortTransaction({ ...spec, coordinatorEpoch: 12 });
  await cluster.admin.abortTransaction({ ...spec, coordinatorEpoch: null });
  assert.deepEqual(epochs, [12, 12, 0]);
  for (const [name, message] of [
    ['INVALID_PRODUCER_EPOCH', /producer 9 was not aborted in t-1: its epoch there is not 3 any more/],
    ['TRANSACTION_COORDINATOR_FENCED', /later epoch than 0 has written/],
    ['CLUSTER_AUTHORIZATION_FAILED', /needs the ALTER operation on the cluster/],
  ] as const) {
    codes.push(ErrorCode[name]);
    await assert.rejects(cluster.admin.abortTransaction(spec), { code: name, message });
  }
});

/** A partition with one open transaction, whose producer has been silent for `silentMs`. */
function openAt(producerId: number, silentMs: number) {
  return { producerId, lastTimestamp: Date.now() - silentMs, currentTxnStartOffset: 40 + producerId };
}

test('a transaction hangs when it is open beyond every timeout and its coordinator does not have it there', async () => {
  await using cluster = await start();
  const minute = 60_000;
  const silences = [26 * minute, 24 * minute, 26 * minute, 26 * minute, 26 * minute, 26 * minute];
  const ended = new Set<number>();
  const looked = new Set<number>();
  for (const broker of cluster.brokers) {
    broker.on(DescribeConfigs, ({ resources }) => {
      assert.deepEqual(resources[0]?.configurationKeys, ['transaction.max.timeout.ms']);
      const longest = broker === cluster.first ? 20 * minute : 10 * minute;
      const configs = [{ name: 'transaction.max.timeout.ms', value: `${longest}` }];
      return { results: [{ resourceType: 4, resourceName: '1', configs }] };
    });
    broker.on(DescribeProducers, ({ topics }) => ({
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => {
          const silentMs = silences[partitionIndex];
          // The sixth ends while the coordinators are asked.
          if (looked.has(partitionIndex) && partitionIndex === 5) ended.add(partitionIndex);
          looked.add(partitionIndex);
          const isOpen = silentMs !== undefined && !ended.has(partitionIndex);
          return { partitionIndex, activeProducers: isOpen ? [openAt(partitionIndex, silentMs)] : [] };
        }),
      })),
    }));
    broker.on(ListTransactions, ({ producerIdFilters }) => {
      assert.deepEqual([...producerIdFilters].sort(), [0, 2, 3, 4, 5]);
      const ids = broker === cluster.first ? [2, 3] : [4];
      return {
        transactionStates: ids.map((producerId) => ({
          transactionalId: `id${producerId}-1`,
          producerId,
          transactionState: 'Ongoing',
        })),
      };
    });
    broker.on(DescribeTransactions, ({ transactionalIds }) => ({
      transactionStates: transactionalIds.map((transactionalId) => {
        const producerId = Number(transactionalId[2]);
        if (producerId === 4) return { transactionalId, errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND };
        // It has its own partition, or only another one.
        const topics = [{ topic: 't', partitions: producerId === 2 ? [2] : [7] }];
        return { transactionalId, producerId, transactionState: 'PrepareAbort', topics };
      }),
    }));
  }
  const hanging = await cluster.admin.findHangingTransactions();
  assert.deepEqual(
    hanging.map(({ topic, partition, currentTxnStartOffset, transactionalId }) => [
      `${topic}-${partition}`,
      currentTxnStartOffset,
      transactionalId,
    ]),
    [
      ['t-0', 40, null],
      ['t-3', 43, 'id3-1'],
      ['t-4', 44, 'id4-1'],
    ],
  );
});

test('brokers that keep their settings to themselves are taken to have the default timeout', async () => {
  await using cluster = await start();
  const minute = 60_000;
  for (const broker of cluster.brokers) {
    broker.on(DescribeConfigs, () => ({
      results: [{ resourceType: 4, resourceName: '1', errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED }],
    }));
    broker.on(DescribeProducers, ({ topics }) => ({
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          activeProducers: [openAt(partitionIndex, partitionIndex === 0 ? 19 * minute : 21 * minute)],
        })),
      })),
    }));
    broker.on(ListTransactions, () => ({}));
  }
  const partitions = [0, 1].map((partition) => ({ topic: 't', partition }));
  const found = await cluster.admin.findHangingTransactions({ partitions });
  assert.deepEqual(
    found.map(({ partition }) => partition),
    [1],
  );
});
