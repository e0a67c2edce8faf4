// The least a client can be: one socket, frames out, answers in order back. For tests of the broker, which may not
// use Klamm's client, and for benchmarks, where what is measured must be the broker.

import { connect, type Socket } from 'node:net';
import { codecOf } from '@klamm/protocol/schema/compile';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import { type Api, isFlexible } from '@klamm/protocol/schema/message';
import { readResponseHeader, writeRequestHeader } from '@klamm/protocol/wire/headers';
import { Reader } from '@klamm/protocol/wire/reader';
import { Writer } from '@klamm/protocol/wire/writer';

/** A whole request frame, length first. */
export function frame<Q extends Fields, R extends Fields>(
  api: Api<Q, R>,
  version: number,
  body: Encodable<Q>,
): Buffer {
  const writer = new Writer(1024);
  const flexible = isFlexible(api, version);
  writer.int32(0);
  writeRequestHeader(
    writer,
    { apiKey: api.key, apiVersion: version, correlationId: 1, clientId: 'raw' },
    flexible,
  );
  codecOf(api.request, version).encode(writer, body);
  const bytes = writer.toBuffer();
  bytes.writeInt32BE(bytes.length - 4, 0);
  return bytes;
}

/** What an answer's frame says. */
export function answerOf<Q extends Fields, R extends Fields>(
  api: Api<Q, R>,
  version: number,
  bytes: Buffer,
): Decoded<R> {
  const reader = new Reader(bytes);
  readResponseHeader(reader, isFlexible(api, version) && api.key !== 18);
  return codecOf(api.response, version).decode(reader);
}

/** Sends frames and gives back answers in order. */
export class RawClient {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #needed = 4;
  #waiting: ((frame: Buffer) => void)[] = [];
  #failed: ((cause: Error) => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    const fail = (cause: Error): void => {
      for (const reject of this.#failed.splice(0)) reject(cause);
    };
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('The broker closed the connection.')));
  }

  static open(host: string, port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket));
      });
    });
  }

  /** Sends one frame (with its length prefix) and resolves with the answer's frame without its prefix. */
  send(frame: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      this.#failed.push(reject);
      this.#socket.write(frame);
    });
  }

  /** Sends a request and resolves with its answer. */
  async request<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    version: number,
    body: Encodable<Q>,
  ): Promise<Decoded<R>> {
    return answerOf(api, version, await this.send(frame(api, version, body)));
  }

  /** Writes bytes that need be no request, and waits for nothing. */
  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Reads nothing any more: a client that is slow without end. */
  pause(): void {
    this.#socket.pause();
  }

  /** True once the connection is no more. */
  get isClosed(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  close(): void {
    this.#failed = [];
    this.#socket.destroy();
  }

  // Chunks are joined once per frame, so that a fetch of many megabytes does not measure copying.
  #onData(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    while (this.#buffered >= this.#needed) {
      const data = this.#chunks.length === 1 ? (this.#chunks[0] ?? chunk) : Buffer.concat(this.#chunks);
      const size = 4 + data.readInt32BE(0);
      if (data.length >= size) {
        this.#failed.shift();
        this.#waiting.shift()?.(data.subarray(4, size));
      }
      const rest = data.length >= size ? data.subarray(size) : data;
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#buffered = rest.length;
      this.#needed = rest.length >= 4 ? 4 + rest.readInt32BE(0) : 4;
    }
  }
}
