// One meter for each of those who share a quota. How many there are is bounded: a client that makes up client ids does
// not fill the memory. Those that have had nothing to measure for longest are let go of first.

import type { QuotaScope } from '../metadata/quota-image.ts';

const METERS_MAX = 10_000;

export class Meters<M> {
  readonly #make: () => M;
  readonly #meters = new Map<string, M>();

  constructor(make: () => M) {
    this.#make = make;
  }

  get size(): number {
    return this.#meters.size;
  }

  of(scope: QuotaScope, user: string, clientId: string): M {
    const key = JSON.stringify([scope === 'client' ? 0 : user, scope === 'user' ? 0 : clientId]);
    const meter = this.#meters.get(key) ?? this.#make();
    // The newest stands last.
    this.#meters.delete(key);
    this.#meters.set(key, meter);
    if (this.#meters.size > METERS_MAX) {
      const [oldest] = this.#meters.keys();
      if (oldest !== undefined) this.#meters.delete(oldest);
    }
    return meter;
  }
}
