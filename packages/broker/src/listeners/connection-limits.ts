// How many connections there may be, and how fast new ones may come: for the broker, for a listener, for an address
// (Kafka's ConnectionQuotas). Read anew for each connection, as they may be altered while the broker runs.
//
// A connection beyond a number is refused. One that comes too fast is served later: it waits until its turn has come at
// the rate allowed, so that a burst is spread and nobody has to try again.

import type { Clock } from '@klamm/base/clock';
import type { BrokerSettings } from '../config/settings.ts';

const UNLIMITED = 2_147_483_647;
const SECOND_MS = 1000;
/** A second's worth may come at once. */
const BURST_MS = SECOND_MS;
/** Addresses whose rate is kept at a time; those that have not come for longest are forgotten. */
const ADDRESSES_MAX = 10_000;

/** What becomes of a connection: after how many ms it is served, or which setting is against it. */
export type Admission = { readonly delayMs: number } | { readonly refusedBy: string };

export class ConnectionQuotas {
  readonly #settings: BrokerSettings;
  readonly #clock: Clock;
  /** Connections a second that an address may open; undefined for no limit. */
  readonly #rateOfAddress: (address: string) => number | undefined;
  #open = 0;
  readonly #perListener = new Map<string, number>();
  readonly #perAddress = new Map<string, number>();
  /** When the next connection may be served, by what is limited. */
  readonly #turns = new Map<string, number>();

  constructor(
    settings: BrokerSettings,
    clock: Clock,
    rateOfAddress: (address: string) => number | undefined = () => undefined,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#rateOfAddress = rateOfAddress;
  }

  /** Counts a connection that is admitted, until `release`. */
  admit(listener: string, address: string): Admission {
    const refusedBy = this.#refusal(listener, address);
    if (refusedBy !== undefined) return { refusedBy };
    this.#open++;
    add(this.#perListener, listener, 1);
    add(this.#perAddress, address, 1);
    return { delayMs: this.#delayMs(listener, address) };
  }

  release(listener: string, address: string): void {
    this.#open--;
    add(this.#perListener, listener, -1);
    add(this.#perAddress, address, -1);
  }

  #refusal(listener: string, address: string): string | undefined {
    const settings = this.#settings;
    const ofListener = Number(settings.forListener(listener, 'max.connections'));
    const fromThere = this.#perAddress.get(address) ?? 0;
    if (fromThere >= this.#mostFrom(address)) return 'max.connections.per.ip';
    if (this.#open >= settings.number('max.connections')) return 'max.connections';
    if ((this.#perListener.get(listener) ?? 0) >= ofListener) {
      return `listener.name.${listener.toLowerCase()}.max.connections`;
    }
    return undefined;
  }

  #mostFrom(address: string): number {
    const overrides = this.#settings.text('max.connections.per.ip.overrides');
    if (overrides !== '') {
      for (const pair of overrides.split(',')) {
        const at = pair.lastIndexOf(':');
        if (pair.slice(0, at).trim() === address) return Number(pair.slice(at + 1));
      }
    }
    return this.#settings.number('max.connections.per.ip');
  }

  #delayMs(listener: string, address: string): number {
    const settings = this.#settings;
    const rates: [string, number | undefined][] = [
      ['broker', settings.number('max.connection.creation.rate')],
      [`listener ${listener}`, Number(settings.forListener(listener, 'max.connection.creation.rate'))],
      [`address ${address}`, this.#rateOfAddress(address)],
    ];
    let delayMs = 0;
    for (const [what, rate] of rates) {
      if (rate !== undefined && rate < UNLIMITED) delayMs = Math.max(delayMs, this.#turnOf(what, rate));
    }
    return delayMs;
  }

  /** Takes the next turn at `rate` a second; how long that is from now, in ms. */
  #turnOf(what: string, rate: number): number {
    const now = this.#clock.monotonic();
    const step = SECOND_MS / Math.max(rate, 1 / SECOND_MS);
    const turn = Math.max(this.#turns.get(what) ?? 0, now - BURST_MS + step) + step;
    this.#turns.delete(what);
    this.#turns.set(what, turn);
    if (this.#turns.size > ADDRESSES_MAX) {
      const [oldest] = this.#turns.keys();
      if (oldest !== undefined) this.#turns.delete(oldest);
    }
    return Math.max(0, turn - step - now);
  }
}

function add(counts: Map<string, number>, key: string, count: number): void {
  const sum = (counts.get(key) ?? 0) + count;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}
