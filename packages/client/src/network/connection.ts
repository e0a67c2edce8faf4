// One TCP connection to one broker: requests go out as they come, replies come back in that order.
//
// It negotiates API versions before it is handed out. Every request has a deadline; one that is missed closes the
// connection, because a reply that comes later could not be told from the next one. When the connection ends, for
// whatever reason, everything that waits for a reply fails with a retriable error. It must not know what a request
// means, nor try anything twice. Versions: KIP-35, KIP-511.

import type { Socket } from 'node:net';
import type { Clock, Timer } from '@klamm/base/clock';
import { KlammError, messageOf } from '@klamm/base/errors';
import type { Random } from '@klamm/base/random';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { codecOf } from '@klamm/protocol/schema/compile';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import { type Api, isFlexible } from '@klamm/protocol/schema/message';
import { Reader } from '@klamm/protocol/wire/reader';
import type { Writer } from '@klamm/protocol/wire/writer';
import type { SaslLogin } from '../security/options.ts';
import type { TlsContext } from '../security/tls-context.ts';
import { addressText, type BrokerAddress } from './address.ts';
import { BrokerVersions } from './broker-versions.ts';
import { lost, plainCause, unanswered, unreadable } from './connection-errors.ts';
import { FrameReader } from './frames.ts';
import { HeldSends } from './held-sends.ts';
import { PendingRequests } from './pending-requests.ts';
import { encodeRequest, skipReplyTags } from './request-frames.ts';
import { lookupFrom, type Resolver } from './resolver.ts';
import { isOfLogin, logIn } from './sasl-exchange.ts';
import { openSocket, whenConnected } from './socket.ts';
import { expectsTls, isTlsAlert, tlsError } from './tls-errors.ts';

export interface ConnectionOptions {
  readonly clientId: string;
  /** Name and version that the broker is told (KIP-511). */
  readonly softwareName: string;
  readonly softwareVersion: string;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Gives what TLS is to be spoken with. */
  readonly tls: (() => Promise<TlsContext>) | undefined;
  readonly login: SaslLogin | undefined;
  readonly resolver: Resolver;
}

export interface RequestOptions {
  /** Default: the connection's requestTimeoutMs. */
  readonly timeoutMs?: number;
  /** The highest version to use. Default: the highest that both sides know. */
  readonly versionMax?: number;
  /** How long the broker may keep the answer back because it waits for something, in ms. Default 0. */
  readonly heldMs?: number;
}

interface Opening {
  /** Gives it up when it is aborted, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** How many addresses of the host's name come last, because they did not do. Default 0. */
  readonly skippedAddresses?: number;
}

const READ_BUFFER_BYTES = 128 * 1024;
const FRAME_BYTES_MAX = 512 * 1024 * 1024;
/** When a login is renewed, of its lifetime: as Java's clients, spread so that not all come at once. */
const LOGIN_AGAIN_SHARE = 0.85;
const LOGIN_AGAIN_SPREAD = 0.1;

export class Connection {
  readonly address: BrokerAddress;
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #pending: PendingRequests;
  readonly #frames: FrameReader;
  readonly #versions: BrokerVersions;
  #onClose: () => void = () => {};
  #correlationId = 0;
  #closed: KlammError | undefined;
  readonly #isTls: boolean;
  #isNegotiated = false;
  /** True until the first request of a client without a login is answered. */
  #isUnproven = false;
  readonly #held = new HeldSends();
  #loginTimer: Timer | undefined;
  #away: Timer | undefined;

  private constructor(
    address: BrokerAddress,
    options: ConnectionOptions,
    tls: TlsContext | undefined,
    skippedAddresses: number,
  ) {
    this.address = address;
    this.#options = options;
    this.#frames = new FrameReader(FRAME_BYTES_MAX, (frame) => this.#reply(frame));
    this.#versions = new BrokerVersions(address);
    this.#isTls = tls !== undefined;
    this.#pending = new PendingRequests(options.clock, ({ name, timeoutMs }) =>
      this.close(unanswered(address, name, timeoutMs)),
    );
    this.#socket = openSocket(
      address,
      tls,
      {
        buffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
        callback: (size, buffer) => this.#read(size === buffer.length ? buffer : buffer.subarray(0, size)),
      },
      lookupFrom(options.resolver, skippedAddresses),
    );
  }

  /**
   * Connects, negotiates versions, and logs in.
   *
   *
   * @throws KlammError NETWORK_EXCEPTION where nobody answers, or what answers is no Kafka broker; where it is not to
   * be trusted, or takes no login of this client: SSL_AUTHENTICATION_FAILED, SASL_AUTHENTICATION_FAILED and the like
   */
  static async open(
    address: BrokerAddress,
    options: ConnectionOptions,
    { signal, skippedAddresses = 0 }: Opening = {},
  ): Promise<Connection> {
    const tls = await options.tls?.();
    signal?.throwIfAborted();
    const connection = new Connection(address, options, tls, skippedAddresses);
    const giveUp = (): void => connection.close(signal?.reason);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await whenConnected(connection.#socket, address, options);
      connection.#watch();
      await connection.#negotiate();
      if (options.login !== undefined) await connection.#logIn(options.login);
      signal?.throwIfAborted();
    } catch (cause) {
      connection.close(cause instanceof KlammError ? cause : undefined);
      throw signal?.aborted === true ? signal.reason : cause;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
    return connection;
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /** Whether no request was answered. */
  get isUnproven(): boolean {
    return this.#isUnproven;
  }

  /** Requests that wait for a reply. */
  get inFlight(): number {
    return this.#pending.count;
  }

  /** For how long an answer is overdue and nothing has come, in ms; 0 where nothing is. */
  silentMs(now: number): number {
    return this.#pending.silentMs(now);
  }

  /** Called once when the connection ends. */
  set onClose(callback: () => void) {
    this.#onClose = callback;
  }

  /**
   * The highest version of `api` that both sides know.
   *
   * @throws KlammError UNSUPPORTED_VERSION where there is none
   */
  versionOf(api: Api, versionMax = api.versions[1]): number {
    return this.#versions.versionOf(api, versionMax);
  }

  supports(api: Api): boolean {
    return this.#versions.supports(api);
  }

  /** The level of a feature that the cluster had taken on when it was connected (KIP-584); 0 where it has none. */
  featureLevel(name: string): number {
    return this.#versions.featureLevel(name);
  }

  /**
   * Sends one request and resolves with its decoded reply, whatever error codes that holds.
   *
   * @throws KlammError NETWORK_EXCEPTION, REQUEST_TIMED_OUT, UNSUPPORTED_VERSION, or INVALID_REQUEST where the reply
   * cannot be read
   */
  request<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: Encodable<Q>,
    options: RequestOptions = {},
  ): Promise<Decoded<R>> {
    return new Promise((resolve, reject) => {
      const version = this.versionOf(api, options.versionMax);
      const flexible = isFlexible(api, version) && api.key !== ApiVersions.key;
      this.#send(api, version, body, options, reject, (frame) => {
        try {
          const reader = new Reader(frame, 4);
          if (flexible) skipReplyTags(frame, reader);
          const answer = codecOf(api.response, version).decode(reader);
          const { throttleTimeMs = 0 } = answer as { readonly throttleTimeMs?: number };
          if (throttleTimeMs > 0) this.#stayAway(throttleTimeMs);
          resolve(answer);
        } catch (cause) {
          reject(unreadable(this.address, api.name, version, cause));
        }
      });
    });
  }

  /** Sends one request that the broker does not answer (Produce with acks=0). Resolves when it is with the kernel. */
  async notify<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: Encodable<Q>,
    versionMax?: number,
  ): Promise<void> {
    if (this.#held.isHolding) await new Promise<void>((resolve) => this.#held.add(resolve));
    if (this.#closed !== undefined) throw this.#closed;
    const version = this.versionOf(api, versionMax);
    const writer = this.#encode(api, version, body);
    await new Promise<void>((resolve, reject) => {
      this.#write(writer, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(this.#lost(messageOf(error), error));
      });
    });
  }

  /** Ends the connection; what waits for a reply fails with `cause`. Safe to call again. */
  close(cause?: KlammError): void {
    if (this.#closed !== undefined) return;
    this.#closed =
      cause ??
      kafkaError(
        ErrorCode.NETWORK_EXCEPTION,
        `The connection to ${addressText(this.address)} was closed by this client.`,
      );
    this.#loginTimer?.cancel();
    this.#away?.cancel();
    this.#socket.destroy();
    this.#pending.fail(this.#closed);
    this.#held.end();
    this.#onClose();
  }

  #watch(): void {
    const socket = this.#socket;
    socket.once('error', (error) => {
      const untrusted = this.#isTls ? tlsError(this.address, error) : undefined;
      this.close(untrusted ?? this.#lost(plainCause(error), error));
    });
    socket.on('error', () => {});
    socket.once('end', () => this.close(this.#lost('the broker closed it')));
    socket.once('close', () => this.close(this.#lost('it was closed')));
  }

  #lost(what: string, cause?: unknown): KlammError {
    return lost(this.address, this.#pending.count, what, cause);
  }

  /** Logs in, and again before the login expires; what is asked meanwhile waits. */
  async #logIn(login: SaslLogin): Promise<void> {
    const { clock, random } = this.#options;
    const lifetimeMs = await logIn(this, login);
    if (lifetimeMs <= 0 || this.#closed !== undefined) return;
    const delayMs = lifetimeMs * (LOGIN_AGAIN_SHARE + random() * LOGIN_AGAIN_SPREAD);
    this.#loginTimer = clock.after(delayMs, () => void this.#logInAgain(login));
  }

  async #logInAgain(login: SaslLogin): Promise<void> {
    this.#held.hold();
    try {
      await this.#logIn(login);
      this.#held.release();
    } catch (cause) {
      this.close(cause instanceof KlammError ? cause : undefined);
    }
  }

  /** The broker has sent this client away for so long, and reads nothing until then (KIP-219). */
  #stayAway(forMs: number): void {
    if (this.#away !== undefined) this.#away.cancel();
    else this.#held.hold();
    this.#away = this.#options.clock.after(forMs, () => this.#comeBack(), true);
  }

  #comeBack(): void {
    this.#away = undefined;
    this.#held.release();
  }

  async #negotiate(): Promise<void> {
    try {
      await this.#versions.negotiate((version) => this.#askVersions(version));
    } catch (cause) {
      if (cause instanceof KlammError && !cause.retriable) throw cause;
      throw kafkaError(
        ErrorCode.NETWORK_EXCEPTION,
        `${addressText(this.address)} did not say which versions it speaks: ${messageOf(cause)} Is this a Kafka broker, and a listener ${this.#isTls ? 'with TLS, which trusts this client' : 'without TLS'}?`,
        { cause },
      );
    }
    this.#isNegotiated = true;
    // Versions are told to everybody.
    this.#isUnproven = this.#options.login === undefined;
  }

  #askVersions(version: number): Promise<Buffer> {
    const { softwareName, softwareVersion, connectionTimeoutMs } = this.#options;
    const body = { clientSoftwareName: softwareName, clientSoftwareVersion: softwareVersion };
    return new Promise((resolve, reject) => {
      this.#send(ApiVersions, version, body, { timeoutMs: connectionTimeoutMs }, reject, resolve);
    });
  }

  #send<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    version: number,
    body: Encodable<Q>,
    options: RequestOptions,
    reject: (error: KlammError) => void,
    settle: (frame: Buffer) => void,
  ): void {
    if (this.#closed !== undefined) {
      reject(this.#closed);
      return;
    }
    if (this.#held.isHolding && !isOfLogin(api)) {
      this.#held.add(() => this.#send(api, version, body, options, reject, settle));
      return;
    }
    const writer = this.#encode(api, version, body);
    const { timeoutMs = this.#options.requestTimeoutMs, heldMs = 0 } = options;
    const now = this.#options.clock.monotonic();
    this.#pending.add({
      correlationId: this.#correlationId,
      name: api.name,
      deadline: now + timeoutMs,
      timeoutMs,
      dueAt: now + heldMs,
      settle,
      reject,
    });
    this.#write(writer);
  }

  #encode<Q extends Fields, R extends Fields>(api: Api<Q, R>, version: number, body: Encodable<Q>): Writer {
    this.#correlationId = (this.#correlationId + 1) & 0x7fffffff;
    return encodeRequest(api, version, this.#correlationId, this.#options.clientId, body);
  }

  #write(writer: Writer, written?: (error: Error | null | undefined) => void): void {
    const segments = writer.segments();
    const last = segments.length - 1;
    const socket = this.#socket;
    if (last > 0) socket.cork();
    for (let index = 0; index <= last; index++) {
      socket.write(segments[index] as Buffer, index === last ? written : undefined);
    }
    if (last > 0) socket.uncork();
  }

  #read(chunk: Uint8Array): boolean {
    if (!this.#isNegotiated && isTlsAlert(chunk)) {
      this.close(expectsTls(this.address));
      return false;
    }
    this.#pending.heard();
    try {
      this.#frames.push(chunk);
    } catch (cause) {
      this.close(this.#lost(messageOf(cause), cause));
    }
    return true;
  }

  #reply(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0);
    const pending = this.#pending.take(correlationId);
    if (pending === undefined) {
      const { next } = this.#pending;
      const expected = next === undefined ? 'nothing was asked' : `${next} was expected`;
      this.close(this.#lost(`a reply with correlation id ${correlationId} came where ${expected}`));
      return;
    }
    this.#isUnproven = false;
    pending.settle(frame);
  }
}
