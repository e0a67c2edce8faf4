// The connections of a client: one per broker and purpose, opened when first asked for.
//
// A purpose is a name of the caller's: a long poll of one consumer never stands before another's requests. A broker
// that cannot be reached is left alone for a jittered, growing while; callers wait, they do not storm. It must not
// know of topics or leaders.

import { type Clock, sleep } from '@klamm/base/clock';
import type { Random } from '@klamm/base/random';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { addressText, type BrokerAddress } from './address.ts';
import { type BackOff, backOffMs } from './back-off.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { isUnreachable } from './connection-errors.ts';
import { judgeListener } from './doubts.ts';

export interface PoolOptions extends ConnectionOptions {
  readonly backOff: BackOff;
  readonly clock: Clock;
  readonly random: Random;
}

interface Slot {
  readonly purpose: string;
  connection: Connection | undefined;
  opening: Promise<Connection> | undefined;
  /** The last connection ended, or was not to be had, before anything was answered: it may be of the wrong kind. */
  doubtsListener: boolean;
  failures: number;
  notBefore: number;
}

export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #slots = new Map<string, Slot>();
  #closing = new AbortController();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** The open connection to that broker for that purpose, where there is one. */
  current(address: BrokerAddress, purpose: string): Connection | undefined {
    return this.#slots.get(keyOf(address, purpose))?.connection;
  }

  /**
   * The connection to that broker for that purpose; opens one where there is none, after a back-off where the last
   * attempt failed. Throws KlammError NETWORK_EXCEPTION.
   */
  connect(address: BrokerAddress, purpose: string): Promise<Connection> {
    const slot = this.#slotOf(address, purpose);
    if (slot.connection !== undefined) return Promise.resolve(slot.connection);
    slot.opening ??= this.#open(address, slot).finally(() => {
      slot.opening = undefined;
    });
    return slot.opening;
  }

  /** True where a connection to that broker was not to be had at the last attempt. */
  isFailing(address: BrokerAddress, purpose: string): boolean {
    return (this.#slots.get(keyOf(address, purpose))?.failures ?? 0) > 0;
  }

  /** Closes every connection of that purpose. */
  release(purpose: string): void {
    for (const [key, slot] of this.#slots) {
      if (slot.purpose !== purpose) continue;
      this.#slots.delete(key);
      slot.connection?.close();
    }
  }

  /** Closes every connection, and whatever is being opened. The pool may be used again afterwards. */
  close(): void {
    this.#closing.abort(closed());
    this.#closing = new AbortController();
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const slot of slots) slot.connection?.close();
  }

  #slotOf(address: BrokerAddress, purpose: string): Slot {
    const key = keyOf(address, purpose);
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = {
        purpose,
        connection: undefined,
        opening: undefined,
        doubtsListener: false,
        failures: 0,
        notBefore: 0,
      };
      this.#slots.set(key, slot);
    }
    return slot;
  }

  async #openSoundly(address: BrokerAddress, slot: Slot): Promise<Connection> {
    if (slot.doubtsListener) {
      slot.doubtsListener = false;
      await judgeListener(address, this.#options);
    }
    return Connection.open(address, this.#options);
  }

  async #open(address: BrokerAddress, slot: Slot): Promise<Connection> {
    const { clock, backOff, random } = this.#options;
    const { signal } = this.#closing;
    const wait = slot.notBefore - clock.monotonic();
    if (wait > 0) await sleep(clock, wait, signal);
    try {
      const connection = await this.#openSoundly(address, slot);
      if (signal.aborted || this.#slots.get(keyOf(address, slot.purpose)) !== slot) {
        connection.close();
        throw closed();
      }
      slot.connection = connection;
      slot.failures = 0;
      connection.onClose = () => {
        slot.doubtsListener = connection.isSilent;
        if (slot.connection === connection) slot.connection = undefined;
      };
      return connection;
    } catch (cause) {
      slot.doubtsListener = !isUnreachable(cause);
      slot.failures++;
      slot.notBefore = clock.monotonic() + backOffMs(backOff, slot.failures, random);
      throw cause;
    }
  }
}

function keyOf(address: BrokerAddress, purpose: string): string {
  return `${addressText(address)}/${purpose}`;
}

function closed(): Error {
  return kafkaError(ErrorCode.NETWORK_EXCEPTION, 'The client was closed while it connected.');
}
