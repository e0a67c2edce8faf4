// Reads all of a member's partitions as one stream, each in order, in turn as their records came.
//
// There is one reader at a time. It waits without a timer; what it was given last counts as in the program's hands
// until it asks again, or marks it.

import type { FetchedRecords } from '../consumer/fetched-records.ts';
import type { AssignedPartition } from './assigned-partition.ts';
import type { GroupMessage } from './group-message.ts';

/** After so many reads in a row the next partition has its turn. */
const TURN_READS = 1000;

type Read<Value, Key, T> = (
  records: FetchedRecords<GroupMessage<Value, Key>>,
  partition: AssignedPartition<Value, Key>,
) => T | undefined;

export class StreamReader<Value, Key> {
  /** Partitions that have records, in order of turn. */
  readonly #ready = new Set<AssignedPartition<Value, Key>>();
  #inHand: AssignedPartition<Value, Key> | undefined;
  #waiting: (() => void) | undefined;
  #reads = 0;
  #lettingGo: (() => void)[] = [];
  #failure: { readonly cause: unknown } | undefined;

  /** Records of a partition came, or it may go on. */
  add(partition: AssignedPartition<Value, Key>): void {
    this.#ready.add(partition);
    this.wake();
  }

  remove(partition: AssignedPartition<Value, Key>): void {
    this.#ready.delete(partition);
  }

  /**
   * What `read` gives; undefined where nothing is there. The program lets go of what it had before. Throws what `read`
   * does, and KlammError where records cannot be decompressed.
   */
  take<T>(read: Read<Value, Key, T>): T | undefined {
    this.letGo();
    if (this.#failure !== undefined) throw this.#failure.cause;
    for (const partition of this.#ready) {
      const value = partition.take((records) => read(records, partition));
      if (value !== undefined) {
        this.#count(partition);
        this.#inHand = partition;
        partition.onMark = () => this.letGo();
        return value;
      }
      // Its records have to be decompressed, or there are none left, or it is paused: it comes back by `add`.
      this.#ready.delete(partition);
      this.#await(partition);
    }
    return undefined;
  }

  #await(partition: AssignedPartition<Value, Key>): void {
    const { opening } = partition;
    opening?.then(
      () => this.add(partition),
      (cause) => {
        // After a seek, or a rebalance, nobody wants these records any more.
        if (partition.opening === opening) this.#failure ??= { cause };
        this.add(partition);
      },
    );
  }

  #count(partition: AssignedPartition<Value, Key>): void {
    if (++this.#reads % TURN_READS > 0) return;
    this.#ready.delete(partition);
    this.#ready.add(partition);
  }

  /** The program is done with what it was given. */
  letGo(): void {
    if (this.#inHand !== undefined) this.#inHand.onMark = undefined;
    this.#inHand = undefined;
    for (const resolve of this.#lettingGo.splice(0)) resolve();
  }

  /** Resolves when the program has nothing of these partitions in its hands. */
  async isLetGo(partitions: readonly AssignedPartition<Value, Key>[]): Promise<void> {
    while (this.#inHand !== undefined && partitions.includes(this.#inHand)) {
      await new Promise<void>((resolve) => this.#lettingGo.push(resolve));
    }
  }

  /** Resolves when the program has nothing in its hands. */
  async isIdle(): Promise<void> {
    while (this.#inHand !== undefined) await this.isLetGo([this.#inHand]);
  }

  /** Resolves when something may have changed. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}
