// Cuts a stream of chunks into Kafka's frames: an int32 length, then that many bytes.
//
// A frame inside one chunk is a view of it; one that spans chunks is joined once, when its last chunk is there. The
// length is judged as soon as its four bytes are.

import { ProtocolError } from '@klamm/protocol/wire/protocol-error';

const LENGTH_BYTES = 4;
/** No request header is shorter: key, version and correlation id. */
const FRAME_BYTES_MIN = 8;

export class FrameReader {
  #frameBytesMin = FRAME_BYTES_MIN;
  #frameBytesMax: number;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Bytes that must be there before anything can be done. */
  #needed = LENGTH_BYTES;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** What a frame may measure from now on, in bytes: no request is shorter than its default for `min`. */
  limit(max: number, min = FRAME_BYTES_MIN): void {
    this.#frameBytesMin = min;
    this.#frameBytesMax = max;
  }

  /** Bytes that wait for the rest of their frame. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Takes a chunk and calls back for each frame it completes. Throws ProtocolError on a length that cannot be. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered < this.#needed) return;
    const data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#buffered);
    let at = 0;
    this.#needed = LENGTH_BYTES;
    while (data.length - at >= LENGTH_BYTES) {
      const length = data.readInt32BE(at);
      this.#judge(length, data, at);
      const end = at + LENGTH_BYTES + length;
      if (end > data.length) {
        this.#needed = LENGTH_BYTES + length;
        break;
      }
      onFrame(data.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    this.#chunks = at === data.length ? [] : [at === 0 ? data : data.subarray(at)];
    this.#buffered = data.length - at;
  }

  #judge(length: number, data: Buffer, at: number): void {
    if (length >= this.#frameBytesMin && length <= this.#frameBytesMax) return;
    const guess = whatItLooksLike(data, at);
    throw new ProtocolError(
      guess ??
        `A request says it has ${length} bytes; ${this.#frameBytesMin} to ${this.#frameBytesMax} are allowed (${this.#frameBytesMin === FRAME_BYTES_MIN ? 'socket.request.max.bytes' : 'sasl.server.max.receive.size, before a login'}).`,
    );
  }
}

/** The usual strangers at Kafka's door, told apart by their first bytes. */
function whatItLooksLike(data: Buffer, at: number): string | undefined {
  if (data[at] === 0x16 && data[at + 1] === 0x03) {
    return 'The client speaks TLS, but this listener does not. Turn TLS off in the client, or use a TLS listener.';
  }
  const text = data.toString('latin1', at, at + LENGTH_BYTES);
  if (/^(GET |POST|PUT |HEAD|OPTI|DELE|PRI )/.test(text)) {
    return 'The client speaks HTTP. This port speaks the protocol of Apache Kafka.';
  }
  return undefined;
}
