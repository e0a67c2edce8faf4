// Cuts the bytes of a connection into the frames they carry: a four-byte length, then that many bytes.
//
// The bytes handed in belong to the socket and are overwritten by its next read; a frame handed out belongs to its
// receiver. It must not know what a frame means. A length above the limit is refused before memory is taken.

import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';

const LENGTH_BYTES = 4;

export class FrameReader {
  readonly #limitBytes: number;
  readonly #onFrame: (frame: Buffer) => void;
  #frame: Buffer | undefined;
  #filled = 0;
  #length = 0;
  #lengthBytes = 0;

  /** @param limitBytes the largest frame that is taken */
  constructor(limitBytes: number, onFrame: (frame: Buffer) => void) {
    this.#limitBytes = limitBytes;
    this.#onFrame = onFrame;
  }

  /** Takes the next bytes of the stream. Throws KlammError CORRUPT_MESSAGE on a length no frame can have. */
  push(chunk: Uint8Array): void {
    let at = 0;
    const end = chunk.length;
    while (at < end) {
      if (this.#frame === undefined) {
        this.#length = (this.#length << 8) | (chunk[at++] as number);
        if (++this.#lengthBytes < LENGTH_BYTES) continue;
        this.#frame = this.#start(this.#length);
        this.#filled = 0;
      }
      const frame = this.#frame;
      const size = Math.min(frame.length - this.#filled, end - at);
      frame.set(at === 0 && size === end ? chunk : chunk.subarray(at, at + size), this.#filled);
      this.#filled += size;
      at += size;
      if (this.#filled === frame.length) {
        this.#frame = undefined;
        this.#length = 0;
        this.#lengthBytes = 0;
        this.#onFrame(frame);
      }
    }
  }

  #start(length: number): Buffer {
    if (length < LENGTH_BYTES || length > this.#limitBytes) {
      throw kafkaError(
        ErrorCode.CORRUPT_MESSAGE,
        `a frame of ${length} bytes was announced, and ${LENGTH_BYTES} to ${this.#limitBytes} are allowed; is this a Kafka broker, and a listener without TLS?`,
      );
    }
    return Buffer.allocUnsafe(length);
  }
}
