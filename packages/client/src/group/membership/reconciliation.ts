// From what a member of the consumer protocol owns to what the coordinator says it shall own (KIP-848): first what goes
// is given back, and said so at once; then what is new is taken.
//
// One step at a time, always towards the newest target. `owned` is what the coordinator may be told: a partition leaves
// it only when the owner has finished with it. Nothing here knows of heartbeats.

import { sleep } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
import { backOffMs } from '../../network/back-off.ts';
import type { MemberContext } from './member.ts';
import type { TopicIds } from './topic-ids.ts';

/** Partitions as the consumer protocol lists them. */
export type IdPartitions = readonly { readonly topicId: string; readonly partitions: readonly number[] }[];

interface Owned extends TopicPartition {
  readonly topicId: string;
}

export interface ReconciliationEvents {
  /** Partitions were given back: the coordinator waits for the news. */
  onGivenBack(): void;
  /** Partitions were taken. */
  onTaken(): void;
}

export class Reconciliation {
  readonly #context: MemberContext;
  readonly #events: ReconciliationEvents;
  readonly #signal: AbortSignal;
  readonly #ids: TopicIds;
  readonly #owned = new Map<string, Owned>();
  #target: IdPartitions | undefined;
  #isRunning = false;
  /** False until the owner has been told what it has in this membership, if only that it has nothing. */
  #isTold = false;
  /** Changes when everything is lost, so that a step that waited knows. */
  #era = 0;

  constructor(context: MemberContext, ids: TopicIds, events: ReconciliationEvents, signal: AbortSignal) {
    this.#context = context;
    this.#events = events;
    this.#signal = signal;
    this.#ids = ids;
  }

  get owned(): IdPartitions {
    const byId = new Map<string, number[]>();
    for (const { topicId, partition } of this.#owned.values()) {
      const others = byId.get(topicId);
      if (others === undefined) byId.set(topicId, [partition]);
      else others.push(partition);
    }
    return [...byId].map(([topicId, partitions]) => ({ topicId, partitions }));
  }

  /** Sets out for `target`, or changes course. True where that takes partitions the member does not own. */
  toward(target: IdPartitions): boolean {
    this.#target = target;
    if (!this.#isRunning) {
      this.#run().catch((cause) => {
        if (!this.#signal.aborted) this.#context.fail(cause);
      });
    }
    return keysOf(target).some((key) => !this.#owned.has(key));
  }

  loseAll(reason: string): void {
    this.#era++;
    this.#owned.clear();
    this.#target = undefined;
    this.#isTold = false;
    void this.#context.calls.lostAll(reason);
  }

  /** Stays where it is. */
  settle(): void {
    this.#era++;
    this.#target = undefined;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      for (let waits = 0; this.#target !== undefined && !this.#signal.aborted; ) {
        const target = this.#target;
        const wanted = new Set(keysOf(target));
        const going = [...this.#owned].filter(([key]) => !wanted.has(key));
        if (going.length > 0) await this.#giveBack(going);
        else if (await this.#take(target)) {
          waits = 0;
          if (this.#target === target) this.#target = undefined;
        } else {
          const { clock, backOff, random } = this.#context.cluster.settings;
          await sleep(clock, backOffMs(backOff, ++waits, random), this.#signal);
        }
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #giveBack(going: readonly (readonly [key: string, Owned])[]): Promise<void> {
    const { calls, emit } = this.#context;
    const era = this.#era;
    const reason = `the coordinator takes ${countText(going.length)} for other members`;
    emit('rebalancing', reason);
    await calls.revoked(
      going.map(([, { topic, partition }]) => ({ topic, partition })),
      reason,
    );
    if (era !== this.#era) return;
    for (const [key] of going) this.#owned.delete(key);
    this.#events.onGivenBack();
  }

  /** False where the name of a topic is not known yet. */
  async #take(target: IdPartitions): Promise<boolean> {
    const era = this.#era;
    const coming = target.flatMap(({ topicId, partitions }) =>
      partitions
        .filter((partition) => !this.#owned.has(keyOf(topicId, partition)))
        .map((partition) => ({ topicId, partition })),
    );
    await this.#find(coming.map(({ topicId }) => topicId));
    if (era !== this.#era || this.#target !== target || this.#signal.aborted) return true;
    const taken: TopicPartition[] = [];
    for (const { topicId, partition } of coming) {
      const topic = this.#ids.nameOf(topicId);
      if (topic === undefined) continue;
      this.#owned.set(keyOf(topicId, partition), { topicId, topic, partition });
      taken.push({ topic, partition });
    }
    if (taken.length > 0 || !this.#isTold) {
      this.#isTold = true;
      void this.#context.calls.assigned(taken, `the coordinator gives ${countText(taken.length)}`);
      this.#events.onTaken();
    }
    return taken.length === coming.length;
  }

  async #find(ids: readonly string[]): Promise<void> {
    try {
      await this.#ids.find([...new Set(ids)]);
    } catch (cause) {
      if (!(cause instanceof KlammError) || !cause.retriable) throw cause;
      this.#context.trouble(cause);
      return;
    }
    const unknown = ids.find((id) => this.#ids.nameOf(id) === undefined);
    if (unknown === undefined) return;
    this.#context.trouble(
      kafkaError(
        ErrorCode.UNKNOWN_TOPIC_ID,
        `The coordinator gives partitions of the topic with id ${unknown}, which the cluster does not know (any more, or yet).`,
      ),
    );
  }
}

function keyOf(topicId: string, partition: number): string {
  return `${topicId}/${partition}`;
}

function keysOf(target: IdPartitions): string[] {
  return target.flatMap(({ topicId, partitions }) =>
    partitions.map((partition) => keyOf(topicId, partition)),
  );
}

function countText(count: number): string {
  if (count === 0) return 'no partitions';
  return count === 1 ? '1 partition' : `${count} partitions`;
}
