// Puts a broker into the state in which every principal finds it: topics, offsets, transactions, a group with a member,
// and the ACLs. What an earlier principal removed is there again, and what it made is gone.

import assert from 'node:assert/strict';
import { sleep, systemClock } from '@klamm/base/clock';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { DeleteTopics } from '@klamm/protocol/api/20-delete-topics';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { AddPartitionsToTxn } from '@klamm/protocol/api/24-add-partitions-to-txn';
import { DescribeAcls } from '@klamm/protocol/api/29-describe-acls';
import { CreateAcls } from '@klamm/protocol/api/30-create-acls';
import { CreateDelegationToken } from '@klamm/protocol/api/38-create-delegation-token';
import { DescribeDelegationToken } from '@klamm/protocol/api/41-describe-delegation-token';
import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { errorName } from '@klamm/protocol/error-codes';
import { ACLS, GROUPS, MISSING, NEW_TOPICS, TEAM, TOKEN_OWNERS, TOPICS, TRANSACTIONS } from './cast.ts';
import type { World } from './row.ts';
import type { Session } from './session.ts';

const TRIES = 200;
const BETWEEN_MS = 50;

export interface Stage extends World {
  /** The name of the topic that an id stands for, or was made up for; '' for another. */
  nameOf(topicId: string): string;
}

/** Asks until the answer is one without the errors that pass by themselves. */
async function until<T>(what: string, ask: () => Promise<T>, isDone: (answer: T) => boolean): Promise<T> {
  for (let i = 0; i < TRIES; i++) {
    const answer = await ask();
    if (isDone(answer)) return answer;
    await sleep(systemClock, BETWEEN_MS);
  }
  throw new Error(`${what} did not come about`);
}

export async function setStage(admin: Session): Promise<Stage> {
  await admin.request(DeleteTopics, 5, { timeoutMs: 5000, topicNames: NEW_TOPICS });
  const topics = TOPICS.map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }));
  await admin.request(CreateTopics, 7, { topics });
  const known = await until(
    'topics',
    () => admin.request(Metadata, 12, { topics: null, allowAutoTopicCreation: false }),
    ({ topics: found }) =>
      TOPICS.every((name) =>
        found.some((topic) => topic.name === name && topic.partitions.every(({ leaderId }) => leaderId >= 0)),
      ) && NEW_TOPICS.every((name) => found.every((topic) => topic.name !== name)),
  );
  // Whoever asks first for a coordinator has its topic created.
  for (const keyType of [0, 1]) {
    await until(
      'coordinators',
      () => admin.request(FindCoordinator, 4, { keyType, coordinatorKeys: ['any'] }),
      ({ coordinators }) => coordinators.every(({ errorCode }) => errorCode === 0),
    );
  }
  await commitOffsets(admin);
  await openTransactions(admin);
  await joinTeam(admin);
  await issueTokens(admin);
  await createAcls(admin);
  const ids = new Map(known.topics.map(({ name, topicId }) => [name ?? '', topicId]));
  const names = new Map(known.topics.map(({ name, topicId }) => [topicId, name ?? '']));
  return {
    idOf: (topic) => ids.get(topic) ?? missingId(topic),
    nameOf: (topicId) => names.get(topicId) ?? MISSING.find((name) => missingId(name) === topicId) ?? '',
  };
}

/** An id that no topic has. */
function missingId(topic: string): string {
  return Buffer.from(topic.padEnd(16, '.').slice(0, 16)).toString('base64url');
}

async function commitOffsets(admin: Session): Promise<void> {
  for (const [groupId, name] of Object.entries(GROUPS)) {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
    const body = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name, partitions }] };
    await until(
      `an offset of ${groupId}`,
      () => admin.request(OffsetCommit, 9, body),
      ({ topics }) => topics.every((topic) => topic.partitions.every(({ errorCode }) => errorCode === 0)),
    );
  }
}

/** One of them is open, and writes to two topics. */
async function openTransactions(admin: Session): Promise<void> {
  for (const transactionalId of TRANSACTIONS) {
    const producer = await until(
      transactionalId,
      () => admin.request(InitProducerId, 5, { transactionalId, transactionTimeoutMs: 900_000 }),
      ({ errorCode }) => errorCode === 0,
    );
    if (transactionalId !== 'logs-tx') continue;
    const body = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: ['logs.app', 'secret'].map((name) => ({ name, partitions: [0] })),
    };
    await until(
      `partitions of ${transactionalId}`,
      () => admin.request(AddPartitionsToTxn, 3, body),
      ({ resultsByTopicV3AndBelow: results }) =>
        results.every((topic) =>
          topic.resultsByPartition.every(({ partitionErrorCode }) => partitionErrorCode === 0),
        ),
    );
  }
}

async function joinTeam(admin: Session): Promise<void> {
  const { groupId, memberId, topics } = TEAM;
  const join = {
    groupId,
    memberId,
    memberEpoch: 0,
    rebalanceTimeoutMs: 300_000,
    subscribedTopicNames: topics,
    topicPartitions: [],
  };
  await until(
    'the team',
    () => admin.request(ConsumerGroupHeartbeat, 1, join),
    ({ assignment }) => assignment?.topicPartitions.length === topics.length,
  );
}

async function issueTokens(admin: Session): Promise<void> {
  const owners = TOKEN_OWNERS.map((principalName) => ({ principalType: 'User', principalName }));
  for (const { principalType: ownerPrincipalType, principalName: ownerPrincipalName } of owners) {
    const token = { ownerPrincipalType, ownerPrincipalName, renewers: [], maxLifetimeMs: -1 };
    await admin.request(CreateDelegationToken, 3, token);
  }
  await until(
    'the tokens',
    () => admin.request(DescribeDelegationToken, 3, { owners }),
    ({ tokens }) => new Set(tokens.map(({ principalName }) => principalName)).size === owners.length,
  );
}

async function createAcls(admin: Session): Promise<void> {
  const { results } = await admin.request(CreateAcls, 3, { creations: ACLS });
  for (const { errorCode } of results) assert.equal(errorName(errorCode), 'NONE');
  const all = {
    resourceTypeFilter: 1,
    resourceNameFilter: null,
    patternTypeFilter: 1,
    principalFilter: null,
    hostFilter: null,
    operation: 1,
    permissionType: 1,
  };
  await until(
    'the ACLs',
    () => admin.request(DescribeAcls, 3, all),
    ({ resources }) => resources.flatMap(({ acls }) => acls).length === ACLS.length,
  );
}
