// The way to any broker, for what each of them can answer: those that the cluster named, and those to start from.
//
// One that is known to answer is preferred; one that cannot be reached, or keeps silent, costs half a second and no more,
// as the next is tried beside it. Who has proved to know too little is passed over next time. Where no broker has told
// anything for long, or one says so, the search begins anew with those to start from (KIP-899, KIP-1102).

import type { KlammError } from '@klamm/base/errors';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import type { MetadataCache } from './metadata-cache.ts';
import { addressText, type BrokerAddress } from './network/address.ts';
import type { Connection } from './network/connection.ts';
import { firstOf } from './network/first-of.ts';
import type { ConnectionPool } from './network/pool.ts';
import { canonical } from './network/resolver.ts';
import type { ClientSettings } from './options.ts';

export const CONTROL = 'control';
/** So long one is waited for before another is tried too. */
const NEXT_BROKER_MS = 500;
/** So long an answer is waited for before another broker is asked too. */
const UNANSWERED_MS = 1000;
/** How many are asked the same at a time. */
const ASKED_MOST = 3;

export class BrokerSearch {
  readonly #settings: ClientSettings;
  readonly #cache: MetadataCache;
  readonly #pool: ConnectionPool;
  /** Where to begin among those that are equally good. */
  #turn = 0;
  /** Who knew too little. */
  readonly #passedOver = new Set<string>();
  #last = '';
  #canonical: Promise<readonly BrokerAddress[]> | undefined;
  #failingSince: number | undefined;

  constructor(settings: ClientSettings, cache: MetadataCache, pool: ConnectionPool) {
    this.#settings = settings;
    this.#cache = cache;
    this.#pool = pool;
  }

  /**
   * A control connection to a broker that has just answered: for requests that must not be sent twice, and so not be left
   * with a broker that hangs. Throws KlammError where none is to be had.
   */
  answering(): Promise<Connection> {
    return this.ask(async (connection) => {
      await connection.request(Metadata, { topics: [] });
      return connection;
    });
  }

  /** Asks a broker, and where it does not answer soon, others: for questions that may be answered twice. */
  async ask<T>(question: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#askOneOf(await this.#candidates(), question);
  }

  /** As `ask`, but not the broker at `address`; undefined where no other may answer. */
  async askBut<T>(
    address: BrokerAddress,
    question: (connection: Connection) => Promise<T>,
  ): Promise<T | undefined> {
    const text = addressText(address);
    const candidates = await this.#candidates();
    const others = candidates.filter((each) => addressText(each) !== text && !this.#pool.isSilent(each));
    return others.length === 0 ? undefined : this.#askOneOf(others, question);
  }

  /** Has the next question go to another broker: the last one knows too little, or nothing new. */
  passOver(): void {
    this.#passedOver.add(this.#last);
  }

  /** A broker has answered a question of the cluster. */
  succeeded(): void {
    this.#failingSince = undefined;
  }

  /** None has; begins anew where that has lasted. */
  failed(): void {
    const { clock, metadataRecovery } = this.#settings;
    const now = clock.monotonic();
    this.#failingSince ??= now;
    if (metadataRecovery.strategy === 'none') return;
    if (now - this.#failingSince < metadataRecovery.rebootstrapTriggerMs) return;
    this.rebootstrap(`no broker has told of the cluster for ${Math.round(now - this.#failingSince)} ms`);
  }

  /** Forgets the brokers that were named, and begins with those to start from. */
  rebootstrap(reason: string): void {
    this.#failingSince = undefined;
    this.#canonical = undefined;
    this.#settings.logger.info(`Starting anew from the first brokers: ${reason}.`);
    const known = this.#cache.brokers;
    this.#cache.forgetBrokers();
    for (const address of known) this.#pool.end(address, startedAnew());
  }

  #askOneOf<T>(
    candidates: readonly BrokerAddress[],
    question: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const asked = new Set<string>();
    const attempt = async (): Promise<T> => {
      const others = candidates.filter((address) => !asked.has(addressText(address)));
      const connection = await this.#anyOf(this.#inOrder(others.length > 0 ? others : candidates));
      asked.add(addressText(connection.address));
      return question(connection);
    };
    const attempts = Array.from({ length: Math.min(ASKED_MOST, candidates.length) }, () => attempt);
    return firstOf(this.#settings.clock, UNANSWERED_MS, attempts);
  }

  async #candidates(): Promise<readonly BrokerAddress[]> {
    const known = this.#cache.brokers;
    if (known.length > 0 && this.#settings.metadataRecovery.strategy === 'none') return known;
    const seen = new Set(known.map(addressText));
    const first = await this.#first();
    return [...known, ...first.filter((address) => !seen.has(addressText(address)))];
  }

  async #first(): Promise<readonly BrokerAddress[]> {
    const { addresses, dnsLookup, resolver } = this.#settings;
    if (dnsLookup === 'use_all_dns_ips') return addresses;
    this.#canonical ??= canonical(resolver, addresses);
    return this.#canonical;
  }

  /** In turn, the open ones before the others, and those last that have not done. */
  #inOrder(candidates: readonly BrokerAddress[]): BrokerAddress[] {
    if (candidates.every((address) => this.#passedOver.has(addressText(address)))) this.#passedOver.clear();
    const at = this.#turn % candidates.length;
    const rank = (address: BrokerAddress): number =>
      Number(this.#pool.current(address, CONTROL) === undefined) +
      2 * Number(this.#passedOver.has(addressText(address))) +
      4 * Number(this.#pool.isFailing(address, CONTROL)) +
      8 * Number(this.#pool.isSilent(address));
    return [...candidates.slice(at), ...candidates.slice(0, at)]
      .map((address) => ({ address, rank: rank(address) }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ address }) => address);
  }

  async #anyOf(candidates: readonly BrokerAddress[]): Promise<Connection> {
    const connections = candidates.map((address) => () => this.#pool.connect(address, CONTROL));
    try {
      const connection = await firstOf(this.#settings.clock, NEXT_BROKER_MS, connections);
      this.#last = addressText(connection.address);
      return connection;
    } catch (cause) {
      this.#turn++;
      throw cause;
    }
  }
}

function startedAnew(): KlammError {
  const message = 'The client starts anew from its first brokers, as none has told of the cluster.';
  return kafkaError(ErrorCode.NETWORK_EXCEPTION, message);
}
