// Where a member begins in the partitions it was given: at the group's committed offset, else where the program said.
//
// An open transaction may still change a committed offset (KIP-447), for as long as its timeout. Such a partition is
// this member's and begins when the offset is decided; the other partitions, and the next rebalance, do not wait for
// it. Who seeks in it meanwhile has decided by himself.

import { sleep } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { StartPosition } from '../consumer/options.ts';
import { backOffMs } from '../network/back-off.ts';
import type { ClientSettings } from '../options.ts';
import type { AssignedPartition } from './assigned-partition.ts';
import type { CommittedOffset, OffsetRequests } from './offset-requests.ts';
import type { GroupSettings } from './options.ts';

interface StartEvents<Value, Key> {
  /** Partitions have to wait for a transaction. */
  waits(error: KlammError): void;
  /** The partition has found its place, after all. */
  begins(partition: AssignedPartition<Value, Key>): void;
  failed(cause: unknown): void;
}

interface Starts {
  readonly positions: ReadonlyMap<TopicPartition, StartPosition>;
  /** Those without a position: it is not decided yet. */
  readonly undecided: readonly TopicPartition[];
}

export class PartitionStarts<Value, Key> {
  readonly #client: ClientSettings;
  readonly #settings: GroupSettings;
  readonly #requests: OffsetRequests;
  readonly #closing: AbortSignal;
  readonly #events: StartEvents<Value, Key>;

  constructor(
    client: ClientSettings,
    settings: GroupSettings,
    requests: OffsetRequests,
    closing: AbortSignal,
    events: StartEvents<Value, Key>,
  ) {
    this.#client = client;
    this.#settings = settings;
    this.#requests = requests;
    this.#closing = closing;
    this.#events = events;
  }

  /** Throws KlammError, NO_OFFSET_FOR_PARTITION where nobody says where to begin. */
  async find(partitions: readonly TopicPartition[]): Promise<Starts> {
    const committed = new Map<string, CommittedOffset>();
    for (const found of await this.#requests.fetch(partitions, 'leave out')) {
      committed.set(partitionText(found), found);
    }
    const positions = new Map<TopicPartition, StartPosition>();
    const undecided: TopicPartition[] = [];
    for (const partition of partitions) {
      const found = committed.get(partitionText(partition));
      if (found === undefined) undecided.push(partition);
      else positions.set(partition, this.#positionOf(found));
    }
    return { positions, undecided };
  }

  /** Has these begin when their offsets are decided, for as long as they are this member's. */
  beginLater(partitions: readonly AssignedPartition<Value, Key>[]): void {
    if (partitions.length === 0) return;
    const names = partitions.map(partitionText).join(', ');
    this.#events.waits(
      kafkaError(
        ErrorCode.UNSTABLE_OFFSET_COMMIT,
        `An open transaction has yet to decide the offset that the group "${this.#settings.membership.groupId}" has committed of ${names}: reading there begins when it ends.`,
      ),
    );
    this.#begin(partitions).catch((cause) => {
      if (!this.#closing.aborted) this.#events.failed(cause);
    });
  }

  async #begin(partitions: readonly AssignedPartition<Value, Key>[]): Promise<void> {
    const { clock, backOff, random } = this.#client;
    let waiting = partitions;
    for (let rounds = 1; waiting.length > 0; rounds++) {
      await sleep(clock, backOffMs(backOff, rounds, random), this.#closing);
      waiting = this.#stillUndecided(waiting);
      const { positions } = await this.#find(waiting);
      for (const partition of this.#stillUndecided(waiting)) {
        const position = positions.get(partition);
        if (position === undefined) continue;
        partition.go(position);
        this.#events.begins(partition);
      }
      waiting = waiting.filter((partition) => partition.era === 0);
    }
  }

  /** Trouble on the way to the coordinator is met by the member too, and told there. */
  async #find(partitions: readonly TopicPartition[]): Promise<Pick<Starts, 'positions'>> {
    try {
      return await this.find(partitions);
    } catch (cause) {
      if (this.#closing.aborted || !(cause instanceof KlammError) || !cause.retriable) throw cause;
      return { positions: new Map() };
    }
  }

  #stillUndecided(
    partitions: readonly AssignedPartition<Value, Key>[],
  ): readonly AssignedPartition<Value, Key>[] {
    const held = partitions.filter((partition) => !partition.isHalted);
    for (const partition of held) if (partition.era > 0) this.#events.begins(partition);
    return held.filter((partition) => partition.era === 0);
  }

  #positionOf({ topic, partition, offset }: CommittedOffset): StartPosition {
    const { autoOffsetReset, membership } = this.#settings;
    if (offset >= 0) return offset;
    if (autoOffsetReset !== 'none') return autoOffsetReset;
    throw new KlammError(
      `The group "${membership.groupId}" has no committed offset of ${topic}-${partition}; set \`autoOffsetReset\` to "earliest" or "latest", or commit one.`,
      { code: 'NO_OFFSET_FOR_PARTITION', retriable: false },
    );
  }
}
