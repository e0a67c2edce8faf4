// What clients may use: bytes they send and read, time they take, changes they ask for (Kafka's ClientQuotaManager,
// ClientRequestQuotaManager and ControllerMutationQuotaManager; KIP-13, KIP-124, KIP-219, KIP-599).
//
// Who goes over a quota is answered, told for how long to stay away (throttleTimeMs), and not read from for as long.
// A quota is of a user or a client id, however many connections they have. Without quotas nothing is measured.

import type { Clock } from '@klamm/base/clock';
import type { BrokerSettings } from '../config/settings.ts';
import type { ClientQuota, QuotaImage } from '../metadata/quota-image.ts';
import { Meters } from './meters.ts';
import { SampledRate } from './sampled-rate.ts';
import { TokenBucket } from './token-bucket.ts';

/** Who asks, as quotas know it. */
export interface QuotaClient {
  readonly user: string;
  readonly clientId: string;
}

type RateQuota = Exclude<ClientQuota, 'controller_mutation_rate'>;

const SECOND_MS = 1000;

export class Quotas {
  readonly #image: QuotaImage;
  readonly #clock: Clock;
  readonly #windows: number;
  readonly #windowMs: number;
  readonly #mutationSeconds: number;
  readonly #rates: Readonly<Record<RateQuota, Meters<SampledRate>>>;
  readonly #buckets = new Meters(() => new TokenBucket());
  /** What the image held at its version. */
  #seen: { version: number; isActive: boolean; measuresTime: boolean } | undefined;

  constructor(image: QuotaImage, settings: BrokerSettings, clock: Clock) {
    this.#image = image;
    this.#clock = clock;
    this.#windows = settings.number('quota.window.num');
    this.#windowMs = settings.number('quota.window.size.seconds') * SECOND_MS;
    this.#mutationSeconds =
      settings.number('controller.quota.window.num') *
      settings.number('controller.quota.window.size.seconds');
    const meters = (): Meters<SampledRate> =>
      new Meters(() => new SampledRate(this.#windows, this.#windowMs));
    this.#rates = {
      producer_byte_rate: meters(),
      consumer_byte_rate: meters(),
      request_percentage: meters(),
    };
  }

  /** Whether anybody has a quota. */
  get isActive(): boolean {
    return this.#look().isActive;
  }

  /** Whether anybody has a quota of time. */
  get measuresTime(): boolean {
    return this.#look().measuresTime;
  }

  /** Counts what a client has used; how long it is to stay away, in ms. */
  use(quota: RateQuota, { user, clientId }: QuotaClient, amount: number): number {
    const found = this.#image.ofClient(quota, user, clientId);
    if (found === undefined) return 0;
    const meter = this.#rates[quota].of(found.scope, user, clientId);
    const now = this.#clock.monotonic();
    meter.record(amount, now);
    const throttleMs = excessMs(meter, found.limit, now);
    // Time that a request takes is known afterwards only: nobody is sent away for long because of one.
    return quota === 'request_percentage' ? Math.min(throttleMs, this.#windowMs) : throttleMs;
  }

  /** How long a client is to stay away for what it has used already, in ms. */
  excess(quota: RateQuota, { user, clientId }: QuotaClient): number {
    const found = this.#image.ofClient(quota, user, clientId);
    if (found === undefined) return 0;
    return excessMs(this.#rates[quota].of(found.scope, user, clientId), found.limit, this.#clock.monotonic());
  }

  /** The most that one answer may use of a quota; undefined where there is none. */
  mostAtOnce(quota: RateQuota, { user, clientId }: QuotaClient): number | undefined {
    const found = this.#image.ofClient(quota, user, clientId);
    if (found === undefined) return undefined;
    return found.limit * (this.#windows - 1) * (this.#windowMs / SECOND_MS);
  }

  /**
   * Counts changes that a client asks for: partitions created or deleted.
   *
   * @param isStrict whether changes are refused as long as the client owes for earlier ones
   */
  change(
    client: QuotaClient,
    partitions: number,
    isStrict: boolean,
  ): { isRefused: boolean; throttleMs: number } {
    const { user, clientId } = client;
    const found = this.#image.ofClient('controller_mutation_rate', user, clientId);
    if (found === undefined) return { isRefused: false, throttleMs: 0 };
    const bucket = this.#buckets.of(found.scope, user, clientId);
    const size = { rate: found.limit, burst: found.limit * this.#mutationSeconds };
    const now = this.#clock.monotonic();
    const owedMs = bucket.debtMs(size, now);
    if (isStrict && owedMs > 0) return { isRefused: true, throttleMs: owedMs };
    bucket.take(partitions, size, now);
    return { isRefused: false, throttleMs: bucket.debtMs(size, now) };
  }

  #look(): { readonly isActive: boolean; readonly measuresTime: boolean } {
    const { version } = this.#image;
    if (this.#seen?.version !== version) {
      const [first] = this.#image.entries;
      const measuresTime = this.#image.has('request_percentage');
      this.#seen = { version, isActive: first !== undefined, measuresTime };
    }
    return this.#seen;
  }
}

/** Until the rate is back at the limit, if nothing comes meanwhile (QuotaUtils.throttleTime). */
function excessMs(meter: SampledRate, limit: number, now: number): number {
  const rate = meter.rate(now);
  return rate <= limit ? 0 : Math.round(((rate - limit) / limit) * meter.spanMs(now));
}
