// One client's connection: bytes to frames, frames to the dispatcher, answers back in order.
//
// Reading pauses while too much is in flight: requests of this connection, request bytes of the whole broker, or
// answers that the client does not take. So a slow or greedy client holds up nobody but itself.

import type { Socket } from 'node:net';
import type { Clock, Timer } from '@klamm/base/clock';
import { messageOf } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import type { Login } from '../auth/login.ts';
import type { Principal } from '../auth/principal.ts';
import type { SecurityProtocol } from '../auth/security-protocol.ts';
import type { Budget } from './budget.ts';
import { FrameReader } from './frames.ts';
import { Replies, type ReplySlot } from './replies.ts';

/** What a handler may know of a connection. */
export interface ConnectionInfo {
  readonly id: number;
  readonly listenerName: string;
  readonly securityProtocol: SecurityProtocol;
  /** `address:port` of the other end. */
  readonly remoteAddress: string;
}

/** A connection as handlers know it. */
export interface ClientConnection extends ConnectionInfo {
  /** Who is at the other end; a login changes it. */
  principal: Principal;
  /** Where the listener asks for a login: how far it is. */
  readonly login: Login | undefined;
  /** What the client's library calls itself (KIP-511); '' where it has not said. */
  softwareName: string;
  /**
   * Calls back once: before the next request of this connection is handled, or when it closes. Answers go out in
   * order, so whoever lets one wait must not let it stand before others.
   */
  onNextRequest(callback: () => void): void;
  /** Takes no further request, and closes when those in flight are answered. */
  close(): void;
  /** Takes no further request for so long, in ms. */
  mute(forMs: number): void;
}

/**
 * Takes a frame; fills `slot` sooner or later. A throw means that the client is not understood any more. Where it gives
 * a promise, no further frame is taken before that settles.
 */
export type FrameHandler = (
  connection: ClientConnection,
  frame: Buffer,
  slot: ReplySlot,
) => Promise<void> | undefined | void;

export interface ConnectionLimits {
  readonly frameBytesMax: number;
  readonly requestsMax: number;
  readonly idleMs: number;
  /** Of a frame before the login, where the listener asks for one. */
  readonly loginBytesMax: number;
}

/** Unsent answers from which on no further request is read. */
const UNSENT_BYTES_MAX = 4 * 1024 * 1024;
/**
 * Requests of one connection that are worked on at a time. Kafka works on one; a few more keep a pipeline full,
 * while a client that asks for much and reads nothing costs no more than so many answers.
 */
const IN_FLIGHT_MAX = 16;
/** How long a login may take, in ms: who has not proved anything by then is not waited for. */
const LOGIN_MS = 30_000;

export class Connection {
  readonly info: ClientConnection;
  readonly #socket: Socket;
  readonly #logger: Logger;
  readonly #budget: Budget;
  readonly #limits: ConnectionLimits;
  readonly #frames: FrameReader;
  readonly #replies: Replies;
  readonly #handle: FrameHandler;
  #waiting: Buffer[] = [];
  #onNext: (() => void)[] = [];
  #inFlightBytes: number[] = [];
  #paused = false;
  #ending = false;
  /** A frame is being judged that decides on the next. */
  #isHeld = false;
  #isFinished = false;
  /** Ends the time in which nothing is read. */
  #muted: Timer | undefined;
  /** Only small frames are taken: the login is not over. */
  #isRestricted = false;

  constructor(
    socket: Socket,
    info: ConnectionInfo & Pick<ClientConnection, 'principal' | 'login'>,
    options: {
      clock: Clock;
      logger: Logger;
      budget: Budget;
      limits: ConnectionLimits;
      handle: FrameHandler;
      onClose: () => void;
    },
  ) {
    this.info = {
      ...info,
      softwareName: '',
      onNextRequest: (callback) => this.#onNext.push(callback),
      close: () => this.end(),
      mute: (forMs) => this.#mute(forMs, options.clock),
    };
    this.#socket = socket;
    this.#logger = options.logger;
    this.#budget = options.budget;
    this.#limits = options.limits;
    this.#handle = options.handle;
    this.#frames = new FrameReader(options.limits.frameBytesMax);
    this.#replies = new Replies(socket, () => this.#onProgress());
    const deadline = this.#restrict(options.clock);
    socket.setNoDelay(true);
    if (options.limits.idleMs > 0) socket.setTimeout(options.limits.idleMs, () => this.#onIdle());
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('drain', () => this.#resume());
    socket.on('error', (error) => this.#logger.debug(`${this.#name}: ${error.message}`));
    socket.on('close', () => {
      for (const bytes of this.#inFlightBytes) this.#budget.release(bytes);
      this.#inFlightBytes = [];
      this.#budget.forget(this);
      this.#callNext();
      deadline?.cancel();
      this.#muted?.cancel();
      options.onClose();
    });
  }

  /** Where the listener asks for a login: small frames, and not for long. */
  #restrict(clock: Clock): Timer | undefined {
    const { login } = this.info;
    if (login === undefined) return undefined;
    this.#isRestricted = true;
    // A token without a request around it may be of any length.
    this.#frames.limit(this.#limits.loginBytesMax, 0);
    return clock.after(LOGIN_MS, () => {
      if (login.state === 'in') return;
      this.#logger.warn(`${this.#name} is closed: no login within ${LOGIN_MS} ms.`);
      this.#socket.destroy();
    });
  }

  get #name(): string {
    return `Connection ${this.info.id} from ${this.info.remoteAddress}`;
  }

  /** Takes no further request, and closes when those in flight are answered. */
  end(): void {
    this.#ending = true;
    this.#socket.pause();
    if (this.#replies.pending === 0) this.#finish();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Called by the budget when there is room again. */
  resume(): void {
    this.#resume();
  }

  /**
   * Says that nothing more comes, and reads on without listening: a socket that is paused would not see the client
   * close, and one that is destroyed with bytes unread would take the last answers back.
   */
  #finish(): void {
    this.#waiting = [];
    this.#isFinished = true;
    this.#socket.end();
    this.#socket.resume();
  }

  #onData(chunk: Buffer): void {
    if (this.#isFinished) return;
    if (this.#isRestricted && this.info.login?.state === 'in') {
      this.#isRestricted = false;
      this.#frames.limit(this.#limits.frameBytesMax);
    }
    try {
      this.#frames.push(chunk, (frame) => this.#onFrame(frame));
    } catch (error) {
      this.#refuse(error);
    }
  }

  #onFrame(frame: Buffer): void {
    if (this.#paused || this.#ending) {
      this.#waiting.push(frame);
      return;
    }
    this.#callNext();
    this.#budget.take(frame.length);
    this.#inFlightBytes.push(frame.length);
    const held = this.#handle(this.info, frame, this.#replies.reserve());
    if (held !== undefined) this.#hold(held);
    if (this.#isFull()) this.#pause();
  }

  #hold(until: Promise<void>): void {
    this.#isHeld = true;
    const release = (): void => {
      this.#isHeld = false;
      this.#resume();
    };
    until.then(release, (error) => {
      this.#refuse(error);
      release();
    });
  }

  #mute(forMs: number, clock: Clock): void {
    this.#muted?.cancel();
    this.#muted = clock.after(forMs, () => {
      this.#muted = undefined;
      this.#resume();
    });
    if (!this.#paused) this.#pause();
  }

  #callNext(): void {
    if (this.#onNext.length === 0) return;
    const callbacks = this.#onNext;
    this.#onNext = [];
    for (const callback of callbacks) callback();
  }

  #isFull(): boolean {
    return (
      this.#isHeld ||
      this.#muted !== undefined ||
      this.#replies.pending >= Math.min(this.#limits.requestsMax, IN_FLIGHT_MAX) ||
      this.#socket.writableLength > UNSENT_BYTES_MAX ||
      this.#budget.isSpent
    );
  }

  #pause(): void {
    this.#paused = true;
    this.#socket.pause();
    if (this.#budget.isSpent) this.#budget.wait(this);
  }

  #resume(): void {
    if (!this.#paused || this.#ending || this.#isFull() || this.#socket.destroyed) return;
    this.#paused = false;
    const frames = this.#waiting;
    this.#waiting = [];
    try {
      for (const frame of frames) this.#onFrame(frame);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (!this.#paused) this.#socket.resume();
  }

  #onProgress(): void {
    while (this.#inFlightBytes.length > this.#replies.pending)
      this.#budget.release(this.#inFlightBytes.shift() ?? 0);
    if (this.#ending && this.#replies.pending === 0) this.#finish();
    else this.#resume();
  }

  #onIdle(): void {
    // A long poll in flight is no idleness.
    if (this.#replies.pending > 0) return;
    this.#logger.debug(`${this.#name}: closed after ${this.#limits.idleMs} ms without traffic.`);
    this.#socket.destroy();
  }

  #refuse(error: unknown): void {
    this.#logger.warn(`${this.#name} is closed: ${messageOf(error)}`);
    this.#waiting = [];
    this.#socket.destroy();
  }
}
