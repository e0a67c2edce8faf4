// One partition on its way: what was fetched of the source and waits to be written, and how far the target is.
//
// A value holder: the reader puts pieces in, the writer takes them out, both in the order of offsets. A new `run` begins
// each time it is resumed, and what still comes in of an older one is dropped by whoever holds it.

import type { KlammError } from '@klamm/base/errors';
import { partitionText } from '@klamm/protocol/groups/topic-partition';
import type { Sender } from './batch-patch.ts';
import { OffsetMap } from './offset-map.ts';
import type { Piece } from './pieces.ts';

/** `resuming`: the target's end is being read. `failed`: nothing more is done until the mirror starts again. */
export type Phase = 'resuming' | 'copying' | 'failed';

export class MirroredPartition {
  readonly topic: string;
  readonly index: number;
  phase: Phase = 'resuming';
  run = 0;
  failures = 0;
  error: KlammError | undefined;
  map = new OffsetMap();

  /** Node ids of the leaders; -1 where they have to be looked for. */
  sourceLeader = -1;
  targetLeader = -1;
  sourceTopicId = '';
  targetTopicId = '';

  /** Source offset to fetch from next. */
  fetchOffset = 0;
  isAsked = false;
  /** An answer held nothing though there should be something: it is asked for alone, once. */
  isDoubtful = false;
  maxBytes: number;
  /** Source offset up to which committed records can be read, and its first offset, as of the last answer; -1 before. */
  sourceEnd = -1;
  sourceStart = -1;
  /** Fetched, and not yet sent. */
  readonly pieces: Piece[] = [];
  /** Of batches that are fetched and not yet acknowledged. */
  heldBytes = 0;

  sender: Sender = { producerId: -1, producerEpoch: -1 };
  nextSequence = 0;
  /** Target offset that the next piece gets. */
  nextTarget = 0;
  /** Requests that are out. */
  inFlight = 0;
  /** Source offset up to which everything is on the target, and the target's end. */
  copiedTo = 0;
  targetEnd = 0;

  copiedBytes = 0;
  copiedRecords = 0;
  /** Markers that stand in holes. */
  fillers = 0;

  constructor(topic: string, index: number, maxBytes: number) {
    this.topic = topic;
    this.index = index;
    this.maxBytes = maxBytes;
  }

  get name(): string {
    return partitionText({ topic: this.topic, partition: this.index });
  }

  /** Source offsets that are not on the target yet; undefined before the source has answered. */
  get lag(): number | undefined {
    return this.sourceEnd < 0 || this.phase === 'resuming'
      ? undefined
      : Math.max(0, this.sourceEnd - this.copiedTo);
  }

  /** Begins anew; what is in flight counts no more. */
  restart(phase: Phase): void {
    this.run++;
    this.phase = phase;
    this.pieces.length = 0;
    this.heldBytes = 0;
    this.isAsked = false;
    this.isDoubtful = false;
  }
}
