// Answers leave in the order of their requests, whatever order they are made in. Those that are ready in one turn
// leave together, in one vectored write.

import type { Socket } from 'node:net';

/** The place of one answer in a connection's order. */
export interface ReplySlot {
  /** Fills the place with the answer's bytes. */
  send(segments: readonly Buffer[]): void;
  /** The request gets no answer (acks=0). */
  skip(): void;
}

interface Place extends ReplySlot {
  segments: readonly Buffer[] | undefined;
}

// Below this many bytes one copy is cheaper than a vectored write.
const JOIN_BELOW_BYTES = 16 * 1024;
const NONE: readonly Buffer[] = [];

export class Replies {
  readonly #socket: Socket;
  readonly #onProgress: () => void;
  #places: Place[] = [];
  #scheduled = false;

  /** @param onProgress called after answers have left */
  constructor(socket: Socket, onProgress: () => void) {
    this.#socket = socket;
    this.#onProgress = onProgress;
  }

  /** Requests whose answer has not left. */
  get pending(): number {
    return this.#places.length;
  }

  reserve(): ReplySlot {
    const fill = (segments: readonly Buffer[]): void => {
      place.segments = segments;
      if (this.#places[0] === place) this.#schedule();
    };
    const place: Place = { segments: undefined, send: fill, skip: () => fill(NONE) };
    this.#places.push(place);
    return place;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const ready: Buffer[] = [];
    let bytes = 0;
    let count = 0;
    for (const { segments } of this.#places) {
      if (segments === undefined) break;
      count++;
      for (const segment of segments) {
        ready.push(segment);
        bytes += segment.length;
      }
    }
    this.#places = count === this.#places.length ? [] : this.#places.slice(count);
    const socket = this.#socket;
    if (ready.length > 0 && socket.writable) {
      const [only] = ready;
      if (ready.length === 1 && only !== undefined) socket.write(only);
      else if (bytes < JOIN_BELOW_BYTES) socket.write(Buffer.concat(ready, bytes));
      else {
        socket.cork();
        for (const segment of ready) socket.write(segment);
        socket.uncork();
      }
    }
    this.#onProgress();
  }
}
