// The public keys that tokens are signed with, as an identity provider publishes them (a JWK set, RFC 7517): read from a
// URL or a file, kept, and read again now and then (Kafka's RefreshingHttpsJwks).
//
// Nobody can make a broker ask more often than it is ready to: one request at a time, a wait after each failure that
// grows, and for keys that are not known one request in a while.

import type { Clock } from '@klamm/base/clock';
import { messageOf } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import type { JSONWebKeySet } from 'jose';

export interface KeySetOptions {
  /** Of the set, for the log. */
  readonly name: string;
  /** Reads the set; rejects where it cannot be had. */
  readonly read: () => Promise<JSONWebKeySet>;
  readonly refreshMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long after one look for a key that is not known the next one has to wait. */
const UNKNOWN_KEY_WAIT_MS = 10_000;

export class KeySet {
  readonly #options: KeySetOptions;
  #keys: JSONWebKeySet | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(options: KeySetOptions) {
    this.#options = options;
  }

  /** The keys as last read; undefined where they cannot be had. Where they are old, they are read again meanwhile. */
  async keys(): Promise<JSONWebKeySet | undefined> {
    const isOld = this.#options.clock.monotonic() - this.#readAt >= this.#options.refreshMs;
    if (isOld) {
      const reading = this.#refresh();
      if (this.#keys === undefined) await reading;
    }
    return this.#keys;
  }

  /** The keys, after a look for one that was not among them. */
  async fresh(): Promise<JSONWebKeySet | undefined> {
    if (this.#options.clock.monotonic() - this.#readAt >= UNKNOWN_KEY_WAIT_MS) await this.#refresh();
    return this.#keys;
  }

  #refresh(): Promise<void> {
    const { clock } = this.#options;
    if (this.#reading !== undefined) return this.#reading;
    if (clock.monotonic() < this.#notBefore) return Promise.resolve();
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { name, read, retryBackoffMs, retryBackoffMaxMs, clock, logger } = this.#options;
    try {
      this.#keys = await read();
      this.#readAt = clock.monotonic();
      this.#failures = 0;
    } catch (error) {
      const waitMs = Math.min(retryBackoffMs * 2 ** this.#failures, retryBackoffMaxMs);
      this.#failures = Math.min(this.#failures + 1, 30);
      this.#notBefore = clock.monotonic() + waitMs;
      const meanwhile =
        this.#keys === undefined ? 'nobody can log in by OAUTHBEARER' : 'the last ones are used';
      logger.warn(`The keys of ${name} cannot be read (${messageOf(error)}); ${meanwhile} meanwhile.`);
    }
  }
}
