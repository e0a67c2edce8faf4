// A partition that is this member's: what was fetched of it, where the program is in it, what is marked and committed.
//
// Offsets only go forward: the highest mark counts, and a commit that is answered late takes nothing back. When the
// partition is given up it takes no more marks and gives no more messages, whoever still holds it.

import type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { RecordCursor } from '@klamm/protocol/records/record';
import { type AbortedTransaction, FetchedRecords } from '../consumer/fetched-records.ts';
import type { MessageSource } from '../consumer/message.ts';
import type { StartPosition } from '../consumer/options.ts';
import { PartitionState } from '../consumer/partition-state.ts';
import { GroupMessage, type Markable } from './group-message.ts';

/** An offset to commit: of the next record to read. */
export interface MarkedOffset {
  readonly offset: number;
  readonly metadata: string;
}

export class AssignedPartition<Value, Key> implements TopicPartition, Markable {
  readonly topic: string;
  readonly partition: number;
  readonly state: PartitionState;
  readonly #source: MessageSource<Value, Key>;
  readonly #release: (state: PartitionState, bytes: number) => void;
  #ready: FetchedRecords<GroupMessage<Value, Key>>[] = [];
  #marked: MarkedOffset | undefined;
  #committedOffset = -1;
  #era = 0;
  #waiting: (() => void)[] = [];
  #isHalted = false;
  #isGivenUp = false;
  /** Told when a mark is set. */
  onMark: (() => void) | undefined;

  /** @param release told which bytes are done with */
  constructor(
    source: MessageSource<Value, Key>,
    start: StartPosition,
    maxBytes: number,
    release: (state: PartitionState, bytes: number) => void,
  ) {
    this.topic = source.topic;
    this.partition = source.partition;
    this.#source = source;
    this.#release = release;
    this.state = new PartitionState(source.topic, source.partition, start, maxBytes);
  }

  /** Whether it is no longer this member's. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Whether no more messages come of it. */
  get isHalted(): boolean {
    return this.#isHalted;
  }

  /** Takes what was fetched. */
  add(records: Buffer, aborted: readonly AbortedTransaction[] | null): void {
    const messageOf = (cursor: RecordCursor) => new GroupMessage(this.#source, cursor, this);
    this.#ready.push(new FetchedRecords(this.state, messageOf, records, aborted));
    this.wake();
  }

  /** What `read` gives of the records that are here; undefined where none are, or `opening` has to be awaited. */
  take<T>(read: (records: FetchedRecords<GroupMessage<Value, Key>>) => T | undefined): T | undefined {
    for (;;) {
      const [records] = this.#ready;
      if (records === undefined || this.state.isPaused) return undefined;
      if (!records.isStale) {
        const value = read(records);
        if (value !== undefined || records.opening !== undefined) return value;
      }
      this.#ready.shift();
      this.#release(this.state, records.bytes);
    }
  }

  /** There where `take` could not go on at once: resolves when it can. */
  get opening(): Promise<void> | undefined {
    return this.#ready[0]?.opening;
  }

  /** Resolves when something may have changed. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  mark(offset: number, metadata: string): void {
    if (this.#isGivenUp || offset <= (this.#marked?.offset ?? -1)) return;
    this.#marked = { offset, metadata };
    this.onMark?.();
  }

  /** What is marked and not committed yet. */
  get uncommitted(): MarkedOffset | undefined {
    return this.#marked !== undefined && this.#marked.offset > this.#committedOffset
      ? this.#marked
      : undefined;
  }

  /** Changes when the program goes elsewhere: what was marked and committed before counts no more. */
  get era(): number {
    return this.#era;
  }

  /** A commit of this offset, which was sent in that era, has succeeded. */
  committed(offset: number, era: number): void {
    if (era === this.#era) this.#committedOffset = Math.max(this.#committedOffset, offset);
  }

  /** Goes back to what is neither marked nor committed: what was handed out without that is read again. */
  rewind(): void {
    const done = Math.max(this.#marked?.offset ?? -1, this.#committedOffset);
    const offset = done < 0 ? this.state.startOffset : done;
    if (offset < 0 || offset === this.state.position) return;
    this.state.go(offset);
    this.#drop();
  }

  /** Goes elsewhere; marks count again from there. */
  go(to: StartPosition): void {
    this.state.go(to);
    this.#marked = undefined;
    this.#committedOffset = -1;
    this.#era++;
    this.#drop();
    this.wake();
  }

  pause(): void {
    this.state.isPaused = true;
  }

  resume(): void {
    if (this.#isHalted) return;
    this.state.isPaused = false;
    this.wake();
  }

  /** Gives no more messages; marks still count until `giveUp`. */
  halt(): void {
    this.#isHalted = true;
    this.state.isPaused = true;
    this.#drop();
    this.wake();
  }

  /** It is this member's no longer. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.halt();
  }

  #drop(): void {
    for (const { bytes } of this.#ready.splice(0)) this.#release(this.state, bytes);
  }
}
