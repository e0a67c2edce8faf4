// Commits what is marked: by hand, from time to time, and when partitions are given up. One commit at a time, so that
// a later one is never overtaken by an earlier.

import { KlammError, messageOf } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import type { AssignedPartition } from './assigned-partition.ts';
import type { GroupEvents } from './group-events.ts';
import type { OffsetRequests, OffsetToCommit } from './offset-requests.ts';

type Partitions = Iterable<AssignedPartition<unknown, unknown>>;

export class GroupCommits {
  readonly #requests: OffsetRequests;
  readonly #events: GroupEvents;
  #last: Promise<void> = Promise.resolve();

  constructor(requests: OffsetRequests, events: GroupEvents) {
    this.#requests = requests;
    this.#events = events;
  }

  /** Commits what is marked in these partitions when its turn comes. Throws KlammError where one is refused. */
  marked(partitions: Partitions): Promise<void> {
    return this.#queue(async () => {
      const marked = [...partitions].flatMap((partition) => {
        const { uncommitted } = partition;
        return uncommitted === undefined ? [] : [{ partition, era: partition.era, ...uncommitted }];
      });
      const offsets = marked.map(({ partition: { topic, partition }, offset, metadata }) => ({
        topic,
        partition,
        offset,
        metadata,
      }));
      await this.#commit(
        offsets,
        marked.map(({ partition }) => partition),
      );
      for (const { partition, offset, era } of marked) partition.committed(offset, era);
    });
  }

  /** Commits these offsets, whatever is marked. */
  offsets(offsets: readonly OffsetToCommit[], partitions: Partitions): Promise<void> {
    return this.#queue(async () => {
      const held = [...partitions];
      const committed = offsets.flatMap(({ topic, partition: index, offset }) => {
        const partition = held.find((each) => each.topic === topic && each.partition === index);
        return partition === undefined ? [] : [{ partition, offset, era: partition.era }];
      });
      await this.#commit(offsets, held);
      for (const { partition, offset, era } of committed) partition.committed(offset, era);
    });
  }

  async #commit(
    offsets: readonly OffsetToCommit[],
    held: readonly AssignedPartition<unknown, unknown>[],
  ): Promise<void> {
    if (offsets.length === 0) return;
    try {
      await this.#requests.commit(offsets, ({ topic, partition }) =>
        held.some((each) => each.topic === topic && each.partition === partition && !each.isGivenUp),
      );
      this.#events.emit({ type: 'committed', offsets, error: null });
    } catch (cause) {
      const error =
        cause instanceof KlammError
          ? cause
          : kafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, messageOf(cause), { cause });
      this.#events.emit({ type: 'commitFailed', offsets, error });
      throw error;
    }
  }

  #queue(commit: () => Promise<void>): Promise<void> {
    const next = this.#last.then(commit);
    this.#last = next.catch(() => {});
    return next;
  }
}
