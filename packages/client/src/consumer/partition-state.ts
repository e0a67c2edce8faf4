// What a consumer knows of one partition it reads: where it is, where it fetches, who leads.
//
// `position` is what the program has seen; `fetchOffset` runs ahead of it by what is prefetched. A seek begins a new
// `generation`, and whatever was fetched for an older one is dropped where it is met.

import { ZERO_UUID } from '@klamm/base/random';
import type { StartPosition } from './options.ts';

export class PartitionState {
  readonly topic: string;
  /** `ZERO_UUID` while it is not known, or where the broker is older than topic ids. */
  topicId = ZERO_UUID;
  readonly index: number;
  /** Node id of the leader; -1 where it has to be looked for. */
  leader = -1;
  /** Node id of who led it when that proved wrong last; -1 where it never has. */
  lostLeader = -1;
  /** Where to go, while that is not an offset yet. */
  start: StartPosition | undefined;
  /** Offset of the next record for the program; -1 while `start` is being resolved. */
  position = -1;
  /** Where reading began, or was last told to go; -1 while that is being resolved. */
  startOffset = -1;
  /** Offset of the next record to fetch. */
  fetchOffset = -1;
  generation = 0;
  /** The generation that a request under way asks for; -1 for none. */
  askedGeneration = -1;
  isPaused = false;
  /** Where to stop; -1 where that is not known, or never. */
  endOffset = -1;
  /** One past the last record that consumers may see, as of the last answer; -1 before it. */
  highWatermark = -1;
  /** The same for this consumer: the last stable offset where it reads committed records only. */
  visibleEndOffset = -1;
  logStartOffset = -1;
  /** Not asked for before this, on the monotonic clock, after so many failures in a row. */
  notBefore = 0;
  failures = 0;
  /** Bytes that were fetched and that the program has yet to read. */
  heldBytes = 0;
  /** Bytes to ask for; grows where a batch does not fit. */
  maxBytes: number;

  constructor(topic: string, index: number, start: StartPosition, maxBytes: number) {
    this.topic = topic;
    this.index = index;
    this.maxBytes = maxBytes;
    this.go(start);
  }

  /** Goes to `start`; what was fetched before is of no more use. */
  go(start: StartPosition): void {
    this.generation++;
    this.start = typeof start === 'number' ? undefined : start;
    this.position = typeof start === 'number' ? start : -1;
    this.startOffset = this.position;
    this.fetchOffset = this.position;
  }

  /** `start` turned out to be `offset`. */
  resolved(offset: number): void {
    this.start = undefined;
    this.position = offset;
    this.startOffset = offset;
    this.fetchOffset = offset;
  }

  /** Records that are there to be read, as of the last answer; undefined before it, or while the position is not known. */
  get lag(): number | undefined {
    const { position, visibleEndOffset } = this;
    return position < 0 || visibleEndOffset < 0 ? undefined : Math.max(0, visibleEndOffset - position);
  }

  /** True where nothing more is wanted from this partition. */
  get isAtEnd(): boolean {
    return this.endOffset >= 0 && this.fetchOffset >= this.endOffset;
  }
}
