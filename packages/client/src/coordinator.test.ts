import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { Cluster } from './cluster.ts';
import { Coordinator } from './coordinator.ts';
import { coordinatedGroup } from './group/membership/group-errors.ts';
import { HANG_UP, ScriptedBroker } from './network/scripted-broker.ts';
import { clientSettings } from './options.ts';

const { signal } = new AbortController();

/** A broker that coordinates the group `g` and answers its commits by `answers`, in turn. */
async function start(answers: readonly (number | typeof HANG_UP)[], retryTimeoutMs = 60_000) {
  const broker = await ScriptedBroker.start();
  const left = [...answers];
  broker.on(ApiVersions, () => ({
    apiKeys: [ApiVersions, FindCoordinator, OffsetCommit].map(({ key, versions }) => {
      return { apiKey: key, minVersion: versions[0], maxVersion: versions[1] };
    }),
  }));
  broker.on(FindCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: '127.0.0.1', port: broker.port })),
  }));
  broker.on(OffsetCommit, () => {
    const errorCode = left.shift() ?? 0;
    if (typeof errorCode === 'symbol') return errorCode;
    return { topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode }] }] };
  });
  const settings = clientSettings({
    brokers: broker.bootstrap,
    retryBackOff: { firstMs: 1, mostMs: 5 },
    retryTimeoutMs,
  });
  const cluster = new Cluster(settings, { name: 'test', version: '0' });
  const release = cluster.use();
  const found: string[] = [];
  return {
    broker,
    found,
    coordinator: new Coordinator(cluster, coordinatedGroup('g'), (text) => found.push(text)),
    async [Symbol.asyncDispose]() {
      release();
      await broker[Symbol.asyncDispose]();
    },
  };
}

function codeIn(answer: {
  readonly topics: readonly { readonly partitions: readonly { errorCode: number }[] }[];
}) {
  return answer.topics[0]?.partitions[0]?.errorCode;
}

test('a request is sent again where the coordinator moved, loads or hung up, however deep the answer says so', async () => {
  const { NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS } = ErrorCode;
  const troubles = [
    HANG_UP,
    NOT_COORDINATOR,
    COORDINATOR_LOAD_IN_PROGRESS,
    COORDINATOR_NOT_AVAILABLE,
  ] as const;
  await using group = await start(troubles);
  assert.equal(codeIn(await group.coordinator.request(OffsetCommit, { groupId: 'g' }, signal)), 0);
  const asked = group.broker.requests.filter((name) => name !== 'ApiVersions');
  // A broker that still loads is the right one.
  const searches = asked.filter((name) => name === 'FindCoordinator').length;
  assert.deepEqual([searches, asked.length - searches], [4, 5]);
  assert.deepEqual(group.found, [`broker 1 at ${group.broker.bootstrap}`], 'the same place is told once');
});

test('what else an answer says is left to the caller', async () => {
  await using group = await start([ErrorCode.ILLEGAL_GENERATION]);
  const answer = await group.coordinator.request(OffsetCommit, { groupId: 'g' }, signal);
  assert.equal(codeIn(answer), ErrorCode.ILLEGAL_GENERATION);
});

test('trouble that lasts is thrown after retryTimeoutMs, and at once when nobody waits any more', async () => {
  await using group = await start(new Array(1000).fill(ErrorCode.NOT_COORDINATOR), 30);
  await assert.rejects(group.coordinator.request(OffsetCommit, { groupId: 'g' }, signal), {
    code: 'NOT_COORDINATOR',
  });
  const gone = AbortSignal.abort(new Error('gone'));
  await assert.rejects(group.coordinator.request(OffsetCommit, { groupId: 'g' }, gone), /gone/);
});

test('nothing is connected any more once it is released', async () => {
  await using group = await start([]);
  await group.coordinator.connect('heartbeat');
  group.coordinator.release();
  await assert.rejects(group.coordinator.connect('join'), { code: 'CLOSED', retriable: false });
});
