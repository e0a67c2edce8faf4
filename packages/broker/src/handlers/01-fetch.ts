// Fetch v4 to v18. Behavior: partitions are read in the order asked for, within maxBytes; the first batch of the
// first partition that has one is given whole, however large (KIP-74). With less than minBytes there, the request
// is parked on its partitions and looked at again when one of them grows, until maxWaitMs is over.
// Version notes: v7 sessions (KIP-227), v9 and v12 epochs (KIP-320), v13 topic ids (KIP-516).

import { Fetch } from '@klamm/protocol/api/01-fetch';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { authorized, authorizedOnCluster } from '../dispatch/authorized.ts';
import type { BrokerRooms, RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import type { FetchPartition, FetchPlan } from '../partitions/fetch-sessions.ts';
import type { Partition } from '../partitions/partition.ts';
import { quotaClientOf } from '../quotas/quota-client.ts';
import type { AbortedTransaction } from '../storage/txn-index.ts';
import { epochError } from './leader-epoch.ts';

interface PartitionAnswer {
  readonly wanted: FetchPartition;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
  readonly records: Buffer;
}

interface Limits {
  readonly maxBytes: number;
  readonly minBytes: number;
  readonly maxWaitMs: number;
  readonly readCommitted: boolean;
  /** Undefined where everybody may read everything. */
  readonly mayRead: ((topic: string) => boolean) | undefined;
}

const NOTHING = Buffer.alloc(0);
const TOPIC_IDS_SINCE = 13;
const BYTES_READ = 'consumer_byte_rate';

export const fetch = defineHandler(Fetch, {
  handle(context, request) {
    const { broker } = context;
    const partitions: FetchPartition[] = [];
    for (const { topic, topicId, partitions: wanted } of request.topics) {
      for (const { partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes } of wanted) {
        partitions.push({ topic, topicId, partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes });
      }
    }
    const forgotten = request.forgottenTopicsData.flatMap(({ topic, topicId, partitions: gone }) =>
      gone.map((partition) => ({ topic, topicId, partition })),
    );
    const { sessionId, sessionEpoch } = request;
    const plan = broker.fetchSessions.plan(
      { sessionId, sessionEpoch, partitions, forgotten },
      broker.clock.now(),
    );
    if ('errorCode' in plan) return { errorCode: plan.errorCode };
    const overMs = broker.quotas.isActive ? broker.quotas.excess(BYTES_READ, quotaClientOf(context)) : 0;
    if (overMs > 0) {
      // Nothing is read: a client that opens one connection after the other would get an answer by each (KIP-219).
      const sessionId = plan.incremental === undefined ? 0 : plan.sessionId;
      return { errorCode: ErrorCode.NONE, sessionId, responses: [], throttleTimeMs: overMs };
    }
    const limits = {
      maxBytes: Math.min(request.maxBytes, mostBytes(context)),
      minBytes: request.minBytes,
      maxWaitMs: request.maxWaitMs,
      readCommitted: request.isolationLevel === 1,
      mayRead: readerOf(context, Math.max(request.replicaId, request.replicaState.replicaId)),
    };
    return serve(context, plan, limits);
  },
  onError: (_request, errorCode) => ({ errorCode }),
});

/** What one answer may hold: a quota does not allow more at once than in all its windows. */
function mostBytes(context: RequestContext): number {
  const { settings, quotas } = context.broker;
  const most = settings.number('fetch.max.bytes');
  if (!quotas.isActive) return most;
  return Math.min(most, quotas.mostAtOnce(BYTES_READ, quotaClientOf(context)) ?? most);
}

/** Who may read what: a consumer the topics it may, a broker that copies everything. */
function readerOf(context: RequestContext, replicaId: number): Limits['mayRead'] {
  if (context.broker.authorizer === undefined) return undefined;
  if (replicaId < 0) return (topic) => authorized(context, Operation.read, AclResource.topic, topic);
  const isBroker = authorizedOnCluster(context, Operation.clusterAction);
  return () => isBroker;
}

async function serve(context: RequestContext, plan: FetchPlan, limits: Limits): Promise<object> {
  const { broker } = context;
  const deadline = broker.clock.monotonic() + limits.maxWaitMs;
  for (;;) {
    // Watching begins before reading, so that nothing that comes in between is missed.
    const watch = new Watch(context, plan.partitions);
    try {
      const answers = await readAll(context, plan.partitions, limits);
      const bytes = answers.reduce((sum, { records }) => sum + records.length, 0);
      const waitMs = deadline - broker.clock.monotonic();
      const isReady = bytes >= limits.minBytes || plan.partitions.length === 0;
      if (
        isReady ||
        waitMs <= 0 ||
        broker.closing.aborted ||
        answers.some(({ errorCode }) => errorCode !== 0)
      ) {
        const answer = respond(broker, plan, answers);
        if (!broker.quotas.isActive) return answer;
        return { ...answer, throttleTimeMs: broker.quotas.use(BYTES_READ, quotaClientOf(context), bytes) };
      }
      await watch.wait(broker, waitMs);
    } finally {
      watch.end();
    }
  }
}

/** Wakes a parked fetch when one of its partitions grows, or the broker closes. */
class Watch {
  readonly #partitions: Partition[] = [];
  readonly #wakeUp: () => void;
  #woken = false;
  #resolve: (() => void) | undefined;

  constructor(context: RequestContext, wanted: readonly FetchPartition[]) {
    this.#wakeUp = () => {
      this.#woken = true;
      this.#resolve?.();
    };
    for (const one of wanted) {
      const partition = find(context, one);
      if (partition === undefined) continue;
      partition.watch(this.#wakeUp);
      this.#partitions.push(partition);
    }
  }

  async wait({ clock, closing }: BrokerRooms, waitMs: number): Promise<void> {
    if (this.#woken) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = (): void => resolve();
    this.#resolve = stop;
    const timer = clock.after(waitMs, stop);
    closing.addEventListener('abort', stop);
    await promise;
    timer.cancel();
    closing.removeEventListener('abort', stop);
  }

  end(): void {
    for (const partition of this.#partitions) partition.unwatch(this.#wakeUp);
  }
}

async function readAll(
  context: RequestContext,
  wanted: readonly FetchPartition[],
  limits: Limits,
): Promise<PartitionAnswer[]> {
  const answers: PartitionAnswer[] = [];
  let left = limits.maxBytes;
  let any = false;
  for (const one of wanted) {
    const partition = find(context, one);
    const name = context.apiVersion >= TOPIC_IDS_SINCE ? partition?.topic : one.topic;
    if (limits.mayRead !== undefined && name !== undefined && !limits.mayRead(name)) {
      answers.push(failure(one, ErrorCode.TOPIC_AUTHORIZATION_FAILED, undefined));
      continue;
    }
    const errorCode = partition === undefined ? unknownTopic(context) : wrongEpochOrOffset(partition, one);
    if (partition === undefined || errorCode !== ErrorCode.NONE) {
      answers.push(failure(one, errorCode, partition));
      continue;
    }
    const maxBytes = Math.min(one.partitionMaxBytes, left);
    const read: Buffer | Promise<Buffer> =
      maxBytes > 0 || !any
        ? partition.read(one.fetchOffset, Math.max(0, maxBytes), !any, limits.readCommitted)
        : NOTHING;
    const records: Buffer = read instanceof Buffer ? read : await read;
    // What was read may have been deleted meanwhile, and with it who was aborted in it.
    if (one.fetchOffset < partition.logStartOffset) {
      answers.push(failure(one, ErrorCode.OFFSET_OUT_OF_RANGE, partition));
      continue;
    }
    left -= records.length;
    any ||= records.length > 0;
    answers.push({
      wanted: one,
      errorCode: ErrorCode.NONE,
      highWatermark: partition.highWatermark,
      lastStableOffset: partition.lastStableOffset,
      logStartOffset: partition.logStartOffset,
      abortedTransactions: limits.readCommitted
        ? partition.abortedTransactions(one.fetchOffset, records)
        : null,
      records,
    });
  }
  return answers;
}

function find({ broker, apiVersion }: RequestContext, wanted: FetchPartition): Partition | undefined {
  return apiVersion >= TOPIC_IDS_SINCE
    ? broker.partitions.getById(wanted.topicId, wanted.partition)
    : broker.partitions.get(wanted.topic, wanted.partition);
}

const unknownTopic = ({ apiVersion }: RequestContext): number =>
  apiVersion >= TOPIC_IDS_SINCE ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;

function wrongEpochOrOffset(
  partition: Partition,
  { currentLeaderEpoch, fetchOffset }: FetchPartition,
): number {
  const errorCode = epochError(partition, currentLeaderEpoch);
  if (errorCode !== ErrorCode.NONE) return errorCode;
  const isOutside = fetchOffset < partition.logStartOffset || fetchOffset > partition.logEndOffset;
  return isOutside ? ErrorCode.OFFSET_OUT_OF_RANGE : ErrorCode.NONE;
}

function failure(
  wanted: FetchPartition,
  errorCode: number,
  partition: Partition | undefined,
): PartitionAnswer {
  return {
    wanted,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: partition?.logStartOffset ?? -1,
    abortedTransactions: null,
    records: NOTHING,
  };
}

function respond(broker: BrokerRooms, plan: FetchPlan, answers: readonly PartitionAnswer[]): object {
  const { session, incremental } = plan;
  const told = answers.filter(({ wanted, errorCode, records, highWatermark, logStartOffset }) => {
    if (session === undefined) return true;
    const news = errorCode !== ErrorCode.NONE || records.length > 0;
    return (
      broker.fetchSessions.note(session, wanted, highWatermark, logStartOffset, news) ||
      incremental === undefined
    );
  });
  const topics = new Map<string, { topic: string; topicId: string; partitions: object[] }>();
  for (const { wanted, ...answer } of told) {
    const key = `${wanted.topic}/${wanted.topicId}`;
    let topic = topics.get(key);
    if (topic === undefined) {
      topic = { topic: wanted.topic, topicId: wanted.topicId, partitions: [] };
      topics.set(key, topic);
    }
    topic.partitions.push({ partitionIndex: wanted.partition, ...answer });
  }
  return { errorCode: ErrorCode.NONE, sessionId: plan.sessionId, responses: [...topics.values()] };
}
