// Incremental fetch sessions (KIP-227): a client names its partitions once, then only what changed, and is answered
// only about partitions that have something to say. Behaviour of org.apache.kafka.server.FetchManager.

import type { Random } from '@klamm/base/random';
import { ErrorCode } from '@klamm/protocol/error-codes';

/** What a client wants of one partition. */
export interface FetchPartition {
  /** Name or id, as the request has it; the other is empty. */
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  readonly partitionMaxBytes: number;
}

/** A partition in a session, and what its client was told last. */
export interface SessionPartition {
  wanted: FetchPartition;
  highWatermark: number;
  logStartOffset: number;
}

export interface FetchSession {
  readonly id: number;
  epoch: number;
  /** In the order in which they are answered: those that had data move to the end. */
  readonly partitions: Map<string, SessionPartition>;
  usedMs: number;
}

export interface FetchPlan {
  /** 0 where there is no session. */
  readonly sessionId: number;
  /** The session whose answer may leave out partitions with no news; undefined for a full answer. */
  readonly incremental: FetchSession | undefined;
  readonly session: FetchSession | undefined;
  readonly partitions: readonly FetchPartition[];
}

export interface FetchSessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly partitions: readonly FetchPartition[];
  readonly forgotten: readonly Pick<FetchPartition, 'topic' | 'topicId' | 'partition'>[];
}

/** A full request that asks for a session, and one that ends its session or never had one. */
const INITIAL_EPOCH = 0;
const FINAL_EPOCH = -1;
/** A session may be evicted for a new one when it was not used for so long (FetchSession.EVICTION_MS). */
const EVICTABLE_AFTER_MS = 120_000;

export const keyOf = (of: Pick<FetchPartition, 'topic' | 'topicId' | 'partition'>): string =>
  `${of.topic}/${of.topicId}/${of.partition}`;

export class FetchSessions {
  readonly #slots: number;
  readonly #random: Random;
  readonly #sessions = new Map<number, FetchSession>();

  /** @param slots sessions at most (`max.incremental.fetch.session.cache.slots`) */
  constructor(slots: number, random: Random) {
    this.#slots = slots;
    this.#random = random;
  }

  /** What a request is to be answered with, or the error code that the whole of it is answered with. */
  plan(request: FetchSessionRequest, now: number): FetchPlan | { readonly errorCode: number } {
    const { sessionId, sessionEpoch, partitions } = request;
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      this.#sessions.delete(sessionId);
      const session = sessionEpoch === INITIAL_EPOCH ? this.#create(partitions, now) : undefined;
      return { sessionId: session?.id ?? 0, incremental: undefined, session, partitions };
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    if (session.epoch !== sessionEpoch) return { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH };
    session.epoch = sessionEpoch === 0x7fffffff ? 1 : sessionEpoch + 1;
    session.usedMs = now;
    for (const forgotten of request.forgotten) session.partitions.delete(keyOf(forgotten));
    for (const wanted of partitions) {
      const known = session.partitions.get(keyOf(wanted));
      if (known === undefined) session.partitions.set(keyOf(wanted), newPartition(wanted));
      else known.wanted = wanted;
    }
    return {
      sessionId,
      incremental: session,
      session,
      partitions: [...session.partitions.values()].map(({ wanted }) => wanted),
    };
  }

  /**
   * Takes note of what a partition is answered with, and says whether an incremental answer needs it.
   * `news`: it has records or an error.
   */
  note(
    session: FetchSession,
    wanted: FetchPartition,
    highWatermark: number,
    logStartOffset: number,
    news: boolean,
  ): boolean {
    const key = keyOf(wanted);
    const known = session.partitions.get(key);
    if (known === undefined) return true;
    const changed = known.highWatermark !== highWatermark || known.logStartOffset !== logStartOffset;
    known.highWatermark = highWatermark;
    known.logStartOffset = logStartOffset;
    if (news) {
      session.partitions.delete(key);
      session.partitions.set(key, known);
    }
    return news || changed;
  }

  get size(): number {
    return this.#sessions.size;
  }

  #create(partitions: readonly FetchPartition[], now: number): FetchSession | undefined {
    if (partitions.length === 0) return undefined;
    if (this.#sessions.size >= this.#slots && !this.#evict(now)) return undefined;
    let id = 0;
    while (id === 0 || this.#sessions.has(id)) id = 1 + Math.floor(this.#random() * 0x7ffffffe);
    const session = {
      id,
      epoch: 1,
      partitions: new Map(partitions.map((wanted) => [keyOf(wanted), newPartition(wanted)])),
      usedMs: now,
    };
    this.#sessions.set(id, session);
    return session;
  }

  #evict(now: number): boolean {
    for (const session of this.#sessions.values()) {
      if (now - session.usedMs > EVICTABLE_AFTER_MS) return this.#sessions.delete(session.id);
    }
    return false;
  }
}

function newPartition(wanted: FetchPartition): SessionPartition {
  return { wanted, highWatermark: -1, logStartOffset: -1 };
}
