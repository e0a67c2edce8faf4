// Groups outlive a change of broker: what Apache Kafka 4.3.1 wrote of groups in both protocols, with members and
// without, Klamm describes just so, and the members go on as if nothing had happened; and the other way round.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { answerOf, frame, RawClient } from '@klamm/broker/testing/raw-client';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { JoinGroup } from '@klamm/protocol/api/11-join-group';
import { Heartbeat } from '@klamm/protocol/api/12-heartbeat';
import { SyncGroup } from '@klamm/protocol/api/14-sync-group';
import { DescribeGroups } from '@klamm/protocol/api/15-describe-groups';
import { ListGroups } from '@klamm/protocol/api/16-list-groups';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { ConsumerGroupDescribe } from '@klamm/protocol/api/69-consumer-group-describe';
import { ErrorCode, errorName } from '@klamm/protocol/error-codes';
import { ConsumerProtocolAssignment } from '@klamm/protocol/groups/assignment';
import { ConsumerProtocolSubscription } from '@klamm/protocol/groups/subscription';
import { encodeVersioned } from '@klamm/protocol/groups/versioned';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { runProgram } from '../peers/program.ts';

const ARCHIVE = fileURLToPath(new URL('apache-kafka-4.3.1.tar.gz', import.meta.url));
const settings = {
  'offsets.retention.minutes': '20000000',
  'transactional.id.expiration.ms': '2147483647',
  'log.retention.check.interval.ms': '1000000000',
  // Apache Kafka would put assignments off otherwise.
  'group.consumer.assignment.interval.ms': '0',
};
/** Errors of a broker that has just started. */
const NOT_YET: ReadonlySet<number> = new Set([
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
]);

const java = await usePeer(getJava);

/** One request after the other over one connection. */
class Requests {
  readonly #client: RawClient;

  private constructor(client: RawClient) {
    this.#client = client;
  }

  /** @param groups are asked for until all of them are served */
  static async to({ bootstrap }: Broker, groups: readonly string[]): Promise<Requests> {
    const [host = '', port] = bootstrap.split(':');
    const requests = new Requests(await RawClient.open(host, Number(port)));
    const untilServed = AbortSignal.timeout(30_000);
    for (;;) {
      const found = await requests.ask(FindCoordinator, 4, { keyType: 0, coordinatorKeys: groups });
      if (found.coordinators.every(({ errorCode }) => errorCode === ErrorCode.NONE)) {
        const served = await requests.ask(DescribeGroups, 5, { groups });
        if (!served.groups.some(({ errorCode }) => NOT_YET.has(errorCode))) return requests;
      }
      untilServed.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async ask<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    version: number,
    body: Encodable<Q>,
  ): Promise<Decoded<R>> {
    return answerOf(api, version, await this.#client.send(frame(api, version, body)));
  }

  /** A heartbeat of the consumer protocol; the broker may keep its answer back until another request comes. */
  async heartbeat(body: Encodable<(typeof ConsumerGroupHeartbeat)['request']['fields']>) {
    const answer = this.ask(ConsumerGroupHeartbeat, 1, { groupId: 'moving', ...body });
    await this.ask(ListGroups, 5, {});
    return await answer;
  }

  /** All that both describe requests tell of groups, in an order of ours. */
  async describe() {
    const { groups } = await this.ask(ConsumerGroupDescribe, 1, { groupIds: ['moving'] });
    const classic = await this.ask(DescribeGroups, 5, { groups: ['staying'] });
    const listed = await this.ask(ListGroups, 5, {});
    return {
      consumer: groups.map((group) => ({
        ...group,
        members: group.members.map(inOrder).sort((a, b) => (a.memberId < b.memberId ? -1 : 1)),
      })),
      classic: classic.groups,
      listed: [...listed.groups].sort((a, b) => (a.groupId < b.groupId ? -1 : 1)),
    };
  }

  close(): void {
    this.#client.close();
  }
}

type Member = Decoded<
  (typeof ConsumerGroupDescribe)['response']['fields']
>['groups'][number]['members'][number];

function inOrder(member: Member): Member {
  const sorted = ({ topicPartitions }: Member['assignment']) => ({
    topicPartitions: [...topicPartitions].sort((a, b) => (a.topicName < b.topicName ? -1 : 1)),
  });
  return {
    ...member,
    assignment: sorted(member.assignment),
    targetAssignment: sorted(member.targetAssignment),
  };
}

const FULL = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['plain'], topicPartitions: [] };

/** Two members of the consumer protocol, one of them static and with a pattern, and one of the classic protocol. */
async function makeGroups(requests: Requests): Promise<{ generation: number; memberId: string }> {
  const topics = ['plain', 'patterned-1', 'patterned-2'].map((name) => ({
    name,
    numPartitions: 4,
    replicationFactor: 1,
  }));
  await requests.ask(CreateTopics, 7, { topics, timeoutMs: 10_000 });
  const untilGiven = AbortSignal.timeout(20_000);
  for (;;) {
    const first = await requests.heartbeat({ memberId: 'one', memberEpoch: 0, ...FULL });
    assert.equal(errorName(first.errorCode), 'NONE');
    if ((first.assignment?.topicPartitions.length ?? 0) > 0) break;
    await requests.heartbeat({ memberId: 'one', memberEpoch: -1 });
    untilGiven.throwIfAborted();
  }
  const pattern = { ...FULL, instanceId: 'fixed', rackId: 'r1', subscribedTopicRegex: 'patterned-.*' };
  await requests.heartbeat({ memberId: 'two', memberEpoch: 0, ...pattern });

  const metadata = encodeVersioned(ConsumerProtocolSubscription, { topics: ['plain'], userData: null }, 1);
  const assignedPartitions = [{ topic: 'plain', partitions: [0, 1, 2, 3] }];
  const assignment = encodeVersioned(ConsumerProtocolAssignment, { assignedPartitions, userData: null }, 1);
  const joining = {
    groupId: 'staying',
    sessionTimeoutMs: 60_000,
    rebalanceTimeoutMs: 60_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata }],
  };
  const { memberId } = await requests.ask(JoinGroup, 9, joining);
  const joined = await requests.ask(JoinGroup, 9, { ...joining, memberId });
  const generation = joined.generationId;
  const assignments = [{ memberId, assignment }];
  const sync = {
    groupId: 'staying',
    memberId,
    generationId: generation,
    protocolType: 'consumer',
    protocolName: 'range',
  };
  const synced = await requests.ask(SyncGroup, 5, { ...sync, assignments });
  assert.equal(errorName(synced.errorCode), 'NONE');
  return { generation, memberId };
}

/** Has all members of the consumer protocol do what they are told until nobody is told anything new. */
async function settle(requests: Requests, members: readonly string[]): Promise<Map<string, number>> {
  const epochs = new Map<string, number>();
  const untilStable = AbortSignal.timeout(30_000);
  for (;;) {
    const { consumer } = await requests.describe();
    const [group] = consumer;
    for (const { memberId, memberEpoch } of group?.members ?? []) epochs.set(memberId, memberEpoch);
    if (group?.groupState === 'Stable' && members.every((memberId) => epochs.has(memberId))) return epochs;
    for (const { memberId, memberEpoch, instanceId, assignment, targetAssignment } of group?.members ?? []) {
      // What it is to give back it gives back at once.
      const topicPartitions = assignment.topicPartitions.map(({ topicId, partitions }) => {
        const target = targetAssignment.topicPartitions.find((wanted) => wanted.topicId === topicId);
        return { topicId, partitions: partitions.filter((each) => target?.partitions.includes(each)) };
      });
      const answer = await requests.heartbeat({ memberId, memberEpoch, instanceId, topicPartitions });
      assert.equal(errorName(answer.errorCode), 'NONE', `${memberId}: ${answer.errorMessage}`);
    }
    untilStable.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('the groups of a directory of Apache Kafka are listed and described as there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-groups-'));
  try {
    await runProgram('tar', ['xzf', ARCHIVE, '-C', folder]);
    await using broker = await startKlamm({ dataDirectory: join(folder, 'data-dir'), settings });
    const requests = await Requests.to(broker, ['team-consumer']);
    const { groups } = await requests.ask(ListGroups, 5, {});
    assert.deepEqual(
      groups
        .map(({ groupId, groupType, protocolType, groupState }) => [
          groupId,
          groupType,
          protocolType,
          groupState,
        ])
        .sort(),
      [
        ['team-classic', 'classic', 'consumer', 'Empty'],
        ['team-consumer', 'consumer', 'consumer', 'Empty'],
        ['team-txn', 'classic', '', 'Empty'],
      ],
    );
    const described = await requests.ask(ConsumerGroupDescribe, 1, { groupIds: ['team-consumer'] });
    const [group] = described.groups;
    assert.deepEqual(
      [
        group?.errorCode,
        group?.groupState,
        group?.groupEpoch,
        group?.assignmentEpoch,
        group?.assignorName,
        group?.members,
      ],
      [ErrorCode.NONE, 'Empty', 3, 2, 'uniform', []],
    );
    requests.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

suite('groups with members', { skip: java.skip }, () => {
  const starts = {
    'Apache Kafka': (dataDirectory?: string) =>
      startApacheKafka(java.get(), { settings, ...(dataDirectory === undefined ? {} : { dataDirectory }) }),
    Klamm: (dataDirectory?: string) =>
      startKlamm({ settings, ...(dataDirectory === undefined ? {} : { dataDirectory }) }),
  };
  for (const [from, to] of [
    ['Apache Kafka', 'Klamm'],
    ['Klamm', 'Apache Kafka'],
  ] as const) {
    test(`move from ${from} to ${to}: they are described alike, and no member has to join again`, async () => {
      await using before = await starts[from]();
      const there = await Requests.to(before, ['moving', 'staying']);
      const { generation, memberId } = await makeGroups(there);
      const epochs = await settle(there, ['one', 'two']);
      const described = await there.describe();
      there.close();
      await before.stop();

      await using after = await starts[to](before.dataDirectory);
      const requests = await Requests.to(after, ['moving', 'staying']);
      assert.deepEqual(await requests.describe(), described);
      for (const [member, epoch] of epochs) {
        const instanceId = member === 'two' ? 'fixed' : null;
        const answer = await requests.heartbeat({ memberId: member, memberEpoch: epoch, instanceId });
        const { errorCode, memberEpoch, assignment } = answer;
        assert.deepEqual([errorName(errorCode), memberEpoch, assignment], ['NONE', epoch, null]);
      }
      const staying = { groupId: 'staying', memberId, generationId: generation };
      const answer = await requests.ask(Heartbeat, 4, staying);
      assert.equal(errorName(answer.errorCode), 'NONE');
      await requests.heartbeat({ memberId: 'three', memberEpoch: 0, ...FULL });
      await settle(requests, ['one', 'two', 'three']);
      requests.close();
    });
  }
});
