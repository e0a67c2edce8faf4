// The connections of a client: one per broker and purpose, opened when first asked for.
//
// A purpose is a name of the caller's: a long poll of one consumer never stands before another's requests. A broker
// that cannot be reached is left alone for a jittered, growing while; callers wait, they do not storm. One that keeps
// somebody waiting without a sign of life is told of, again and again, and what becomes of it is for others to say. It
// must not know of topics or leaders.

import { type Clock, sleep, type Timer } from '@klamm/base/clock';
import type { KlammError } from '@klamm/base/errors';
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
  /**
   * Called twice a second while a broker owes an answer, or a connection, for longer than SILENT_MS, or somebody waits for
   * one that could not be reached.
   */
  readonly onSilent: (address: BrokerAddress) => void;
}

/** So long an answer may be overdue before its broker counts as silent. */
const SILENT_MS = 1000;
const LOOKS_MS = 500;

interface Slot {
  readonly address: BrokerAddress;
  readonly purpose: string;
  connection: Connection | undefined;
  opening: Promise<Connection> | undefined;
  /** When the opening began, or will when its back-off is over, on the monotonic clock. */
  openingSince: number;
  /** Gives up the opening. */
  giveUp: AbortController;
  /** The last connection ended, or was not to be had, before anything was answered: it may be of the wrong kind. */
  doubtsListener: boolean;
  failures: number;
  notBefore: number;
}

export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #slots = new Map<string, Slot>();
  #looking: Timer | undefined;

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

  /** True while somebody waits for that broker, which cannot be reached or gives no sign of life. */
  isSilent(address: BrokerAddress): boolean {
    const text = addressText(address);
    for (const slot of this.#slots.values()) {
      if (this.#isSilent(slot) && addressText(slot.address) === text) return true;
    }
    return false;
  }

  /** Ends every connection to that broker, and whatever is being opened, with this error. */
  end(address: BrokerAddress, error: KlammError): void {
    const text = addressText(address);
    this.#end((slot) => addressText(slot.address) === text, error);
  }

  /** Closes every connection of that purpose. */
  release(purpose: string): void {
    this.#end((slot) => slot.purpose === purpose);
  }

  /** Closes every connection, and whatever is being opened. The pool may be used again afterwards. */
  close(): void {
    this.#end(() => true);
  }

  #end(isMeant: (slot: Slot) => boolean, error?: KlammError): void {
    for (const [key, slot] of [...this.#slots]) {
      if (!isMeant(slot)) continue;
      // Whoever is told of the end may connect again at once, in a slot of its own.
      this.#slots.delete(key);
      slot.giveUp.abort(error ?? closed());
      slot.connection?.close(error);
    }
    if (this.#slots.size > 0) return;
    this.#looking?.cancel();
    this.#looking = undefined;
  }

  #isSilent({ connection, opening, openingSince, failures }: Slot): boolean {
    const now = this.#options.clock.monotonic();
    if (connection !== undefined) return connection.silentMs(now) >= SILENT_MS;
    return opening !== undefined && (failures > 0 || now - openingSince >= SILENT_MS);
  }

  #look(): void {
    const silent = new Map<string, BrokerAddress>();
    for (const slot of this.#slots.values()) {
      if (this.#isSilent(slot)) silent.set(addressText(slot.address), slot.address);
    }
    for (const address of silent.values()) this.#options.onSilent(address);
  }

  #slotOf(address: BrokerAddress, purpose: string): Slot {
    const key = keyOf(address, purpose);
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = {
        address,
        purpose,
        connection: undefined,
        opening: undefined,
        openingSince: 0,
        giveUp: new AbortController(),
        doubtsListener: false,
        failures: 0,
        notBefore: 0,
      };
      this.#slots.set(key, slot);
      this.#looking ??= this.#options.clock.every(LOOKS_MS, () => this.#look());
    }
    return slot;
  }

  async #openSoundly(address: BrokerAddress, slot: Slot): Promise<Connection> {
    if (slot.doubtsListener) {
      slot.doubtsListener = false;
      await judgeListener(address, this.#options);
    }
    const { signal } = slot.giveUp;
    return Connection.open(address, this.#options, { signal, skippedAddresses: slot.failures });
  }

  async #open(address: BrokerAddress, slot: Slot): Promise<Connection> {
    const { clock, backOff, random } = this.#options;
    const { signal } = slot.giveUp;
    slot.openingSince = Math.max(clock.monotonic(), slot.notBefore);
    const wait = slot.notBefore - clock.monotonic();
    if (wait > 0) await sleep(clock, wait, signal);
    try {
      const connection = await this.#openSoundly(address, slot);
      if (signal.aborted) {
        connection.close();
        throw signal.reason;
      }
      slot.connection = connection;
      slot.failures = 0;
      connection.onClose = () => {
        slot.doubtsListener = connection.isUnproven;
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

function closed(): KlammError {
  return kafkaError(ErrorCode.NETWORK_EXCEPTION, 'The client was closed while it connected.');
}
