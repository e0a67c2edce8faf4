// A broker for tests that answers what a test tells it to: with errors, late, never, or by hanging up.
//
// It speaks the protocol over a real socket, so that a test sees what a program would see. It keeps nothing but what
// its handlers keep.

import { createServer, type Server, type Socket } from 'node:net';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { ListOffsets } from '@klamm/protocol/api/02-list-offsets';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { codecOf } from '@klamm/protocol/schema/compile';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import { type Api, isFlexible } from '@klamm/protocol/schema/message';
import { readClientId, readRequestStart, writeResponseHeader } from '@klamm/protocol/wire/headers';
import { Reader } from '@klamm/protocol/wire/reader';
import { Writer } from '@klamm/protocol/wire/writer';
import { FrameReader } from './frames.ts';

/** What a handler may return instead of an answer. */
export const SILENCE = Symbol('no answer');
export const HANG_UP = Symbol('close the connection');

type Outcome<T> = T | typeof SILENCE | typeof HANG_UP;
type AnyHandler = (
  body: never,
  version: number,
  socket: Socket,
) => Outcome<object> | Promise<Outcome<object>>;

const FRAME_BYTES_MAX = 16 * 1024 * 1024;
export const TOPIC_ID = 'dG9waWMtaWQtZm9yLXRlcw';

export class ScriptedBroker implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #handlers = new Map<number, { readonly api: Api; readonly handle: AnyHandler }>();
  /** Requests that came, by Kafka's names. */
  readonly requests: string[] = [];
  port = 0;
  /** Takes connections and requests, and answers nothing, as a process that was stopped. */
  isHanging = false;

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Listens on 127.0.0.1 and answers ApiVersions, Metadata (one topic `t` with one partition) and InitProducerId. */
  static async start(): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker();
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve));
    const address = broker.#server.address();
    broker.port = typeof address === 'object' && address !== null ? address.port : 0;
    broker.on(ApiVersions, () => ({
      apiKeys: [Produce, Fetch, ListOffsets, Metadata, ApiVersions, InitProducerId].map(
        ({ key, versions }) => ({
          apiKey: key,
          minVersion: versions[0],
          maxVersion: versions[1],
        }),
      ),
    }));
    broker.on(Metadata, ({ topics }) => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
      clusterId: 'scripted',
      controllerId: 1,
      topics: (topics ?? []).map(({ name }) => ({
        name,
        topicId: TOPIC_ID,
        partitions: [{ partitionIndex: 0, leaderId: 1, leaderEpoch: 0, replicaNodes: [1], isrNodes: [1] }],
      })),
    }));
    broker.on(InitProducerId, () => ({ producerId: 7, producerEpoch: 0 }));
    return broker;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Says how requests of `api` are answered from now on. */
  on<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    handle: (
      body: Decoded<Q>,
      version: number,
      socket: Socket,
    ) => Outcome<Encodable<R>> | Promise<Outcome<Encodable<R>>>,
  ): void {
    this.#handlers.set(api.key, { api: api as Api, handle: handle as AnyHandler });
  }

  /** Closes every connection, as a broker that dies does. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    let before: Promise<void> = Promise.resolve();
    const frames = new FrameReader(FRAME_BYTES_MAX, (frame) => {
      before = before.then(() => this.#answer(socket, frame));
    });
    socket.on('data', (chunk) => {
      try {
        frames.push(Buffer.from(chunk));
      } catch {
        // As any broker does with what is no request.
        socket.destroy();
      }
    });
  }

  async #answer(socket: Socket, frame: Buffer): Promise<void> {
    if (socket.destroyed || this.isHanging) return;
    const reader = new Reader(frame);
    const { apiKey, apiVersion, correlationId } = readRequestStart(reader);
    const handler = this.#handlers.get(apiKey);
    if (handler === undefined) return void socket.destroy();
    const { api, handle } = handler;
    this.requests.push(api.name);
    readClientId(reader, isFlexible(api, apiVersion));
    const body = codecOf(api.request, apiVersion).decode(reader);
    const outcome = await handle(body as never, apiVersion, socket);
    if (outcome === SILENCE) return;
    if (outcome === HANG_UP) return void socket.destroy();
    const writer = new Writer();
    writer.int32(0);
    writeResponseHeader(writer, correlationId, isFlexible(api, apiVersion) && api.key !== ApiVersions.key);
    // KIP-511: who does not know the version of ApiVersions answers in version 0.
    const isRefused = api.key === ApiVersions.key && 'errorCode' in outcome && outcome.errorCode === 35;
    codecOf(api.response, isRefused ? 0 : apiVersion).encode(writer, outcome as never);
    const bytes = writer.toBuffer();
    bytes.writeInt32BE(bytes.length - 4, 0);
    if (!socket.destroyed) socket.write(bytes);
  }
}
