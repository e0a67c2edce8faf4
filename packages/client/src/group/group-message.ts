// A record that a member of a group reads: a message that can be marked as processed.

import type { RecordCursor } from '@klamm/protocol/records/record';
import { Message, type MessageSource } from '../consumer/message.ts';

/** What a message is marked on. */
export interface Markable {
  /** Changes when the program goes elsewhere in the partition. */
  readonly era: number;
  /** Whether it is no longer this member's. */
  readonly isGivenUp: boolean;
  /** Takes note that the record before `offset` is processed. */
  mark(offset: number, metadata: string): void;
}

export class GroupMessage<Value = Buffer, Key = Buffer> extends Message<Value, Key> {
  readonly #partition: Markable;
  readonly #era: number;

  constructor(source: MessageSource<Value, Key>, cursor: RecordCursor, partition: Markable) {
    super(source, cursor);
    this.#partition = partition;
    this.#era = partition.era;
  }

  /**
   * True where the program has gone elsewhere in the partition since (`seek`), so that this message comes again or was
   * skipped; or where the partition is another member's by now.
   */
  get isStale(): boolean {
    return this.#partition.isGivenUp || this.#partition.era !== this.#era;
  }

  /**
   * Says that this message and all before it in its partition are processed: the offset behind it is committed with
   * the next commit. Marking an earlier one afterwards changes nothing, nor does marking one of a partition that is
   * no longer this member's.
   *
   * @param metadata a note of your own, kept beside the offset. Default empty
   */
  mark(metadata = ''): void {
    this.#partition.mark(this.offset + 1, metadata);
  }
}
