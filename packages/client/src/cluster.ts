// What a client knows of the cluster, and its ways to it: brokers, topics with their leaders, and connections.
//
// One cluster is shared by all producers, consumers and admins of a `Kafka`; when the last of them closes, its
// connections close. Metadata is asked for what is used only, merged where several ask at once, and asked again when
// it is stale or has proved wrong. It must not know of records, offsets or batches.

import { sleep } from '@klamm/base/clock';
import { KlammError, messageOf } from '@klamm/base/errors';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ErrorCode, isRetriable, kafkaError } from '@klamm/protocol/error-codes';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import { BrokerSearch, CONTROL } from './broker-search.ts';
import { closedError, putOut, topicError } from './cluster-errors.ts';
import {
  type LeaderHint,
  type MetadataAnswer,
  MetadataCache,
  type TopicMetadata,
  toTopic,
} from './metadata-cache.ts';
import { addressText, type BrokerAddress } from './network/address.ts';
import { backOffMs } from './network/back-off.ts';
import type { Connection, RequestOptions } from './network/connection.ts';
import { ConnectionPool } from './network/pool.ts';
import type { ClientSettings } from './options.ts';
import { saslLogin } from './security/sasl-login.ts';
import { tlsContext } from './security/tls-context.ts';

export interface ClusterMetadata {
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly brokers: readonly (BrokerAddress & { readonly nodeId: number; readonly rack: string | null })[];
}

/** How often a topic that is not there is looked for: brokers learn of a new one after each other, but soon. */
const LOOKS_FOR_MISSING_TOPIC = 4;

export class Cluster {
  readonly settings: ClientSettings;
  readonly pool: ConnectionPool;
  readonly #cache = new MetadataCache();
  readonly #search: BrokerSearch;
  /** Addresses of silent brokers that others are being asked about. */
  readonly #doubted = new Set<string>();
  readonly #searches = new Map<string, Promise<TopicMetadata>>();
  #refreshing:
    | { readonly names: Set<string>; readonly autoCreate: boolean; done: Promise<MetadataAnswer> }
    | undefined;
  /** Why the cluster could not be asked last time; undefined once it could. */
  lastFailure: KlammError | undefined;
  #users = 0;
  /** Aborted when the last user goes. */
  #closing = new AbortController();
  #purposes = 0;

  constructor(settings: ClientSettings, software: { readonly name: string; readonly version: string }) {
    this.settings = settings;
    const { tls, sasl } = settings.security;
    this.pool = new ConnectionPool({
      ...settings,
      tls: tls === undefined ? undefined : once(() => tlsContext(tls)),
      login: sasl === undefined ? undefined : saslLogin(sasl, settings.clock),
      softwareName: software.name,
      softwareVersion: software.version,
      onSilent: (address) => void this.#doubt(address),
    });
    this.#search = new BrokerSearch(settings, this.#cache, this.pool);
  }

  /** Says that somebody uses the cluster. The function returned says that they no longer do. */
  use(): () => void {
    this.#users++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      if (--this.#users > 0) return;
      // What still looks for a way to a broker does so for nobody: it must neither connect again nor hold the process.
      this.#closing.abort(closedError());
      this.#closing = new AbortController();
      this.pool.close();
    };
  }

  /** A purpose (see ConnectionPool) nobody else has. */
  newPurpose(name: string): string {
    return `${name}-${++this.#purposes}`;
  }

  /** What is known of a topic, without asking; undefined where nothing is, or it is stale. */
  known(name: string): TopicMetadata | undefined {
    const { clock, metadataMaxAgeMs } = this.settings;
    return this.#cache.fresh(name, clock.monotonic() - metadataMaxAgeMs);
  }

  /** The same, however old: what others have learned meanwhile is in it. */
  lastKnown(name: string): TopicMetadata | undefined {
    return this.#cache.topic(name);
  }

  /** Says that what is known of a topic proved wrong; the next who needs it asks. */
  invalidate(name: string): void {
    this.#cache.invalidate(name);
  }

  /** Takes in what a refusal says of the leader (KIP-951): who leads now, where that is known without asking. */
  learnLeader(hint: LeaderHint): number | undefined {
    return this.#cache.learnLeader(hint);
  }

  /** Says that what a broker answered was of no use: the next question goes to another. */
  passOver(): void {
    this.#search.passOver();
  }

  /**
   * The topic; asks where it is not known, and again while it has no leader or is being created.
   *
   * @param autoCreate whether the broker may create it, where it is set up to
   * @throws KlammError UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED, or
   * NETWORK_EXCEPTION after retryTimeoutMs
   */
  topic(name: string, autoCreate: boolean): Promise<TopicMetadata> {
    const known = this.known(name);
    if (known !== undefined) return Promise.resolve(known);
    const key = `${autoCreate}/${name}`;
    let search = this.#searches.get(key);
    if (search === undefined) {
      search = this.#find(name, autoCreate).finally(() => this.#searches.delete(key));
      this.#searches.set(key, search);
    }
    return search;
  }

  /** The address of a node; undefined where metadata has not named it. */
  addressOf(nodeId: number): BrokerAddress | undefined {
    return this.#cache.addressOf(nodeId);
  }

  /** True while a node cannot be reached, or owes somebody an answer without a sign of life. */
  isSilent(nodeId: number): boolean {
    const address = this.#cache.addressOf(nodeId);
    return address !== undefined && this.pool.isSilent(address);
  }

  /** The connection to a node for a purpose. Throws KlammError NETWORK_EXCEPTION, BROKER_NOT_AVAILABLE. */
  connect(nodeId: number, purpose: string): Promise<Connection> {
    const address = this.#cache.addressOf(nodeId);
    if (address === undefined) {
      return Promise.reject(
        new KlammError(`Node ${nodeId} is not among the brokers that the cluster named.`, {
          code: 'BROKER_NOT_AVAILABLE',
          errorCode: ErrorCode.BROKER_NOT_AVAILABLE,
          retriable: true,
        }),
      );
    }
    return this.pool.connect(address, purpose);
  }

  /**
   * Asks any broker a question that may be answered twice: where one does not answer soon, another is asked too. A
   * request that is lost on its way is sent again until retryTimeoutMs is over, unless `retry` is false.
   */
  ask<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: Encodable<Q>,
    { retry = true, ...options }: RequestOptions & { readonly retry?: boolean } = {},
  ): Promise<Decoded<R>> {
    const ask = (): Promise<Decoded<R>> =>
      this.#search.ask((connection) => connection.request(api, body, options));
    return retry ? this.retry(ask) : ask();
  }

  /**
   * Asks any broker, or `nodeId`. Ways to a broker are looked for until retryTimeoutMs is over. A request that is lost
   * on its way is sent again, unless `once` says that doing it twice would be wrong; nothing is where `retry` is false.
   */
  async request<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: Encodable<Q>,
    options: RequestOptions & {
      readonly nodeId?: number;
      readonly once?: boolean;
      readonly retry?: boolean;
    } = {},
  ): Promise<Decoded<R>> {
    const { nodeId, once = false, retry = true } = options;
    const connect = (): Promise<Connection> =>
      nodeId === undefined ? this.#search.answering() : this.connect(nodeId, CONTROL);
    if (!retry) return (await connect()).request(api, body, options);
    if (!once) return this.retry(async () => (await connect()).request(api, body, options));
    return (await this.retry(connect)).request(api, body, options);
  }

  /** Calls `attempt` until it does not throw a retriable error, or retryTimeoutMs is over; with back-off. */
  async retry<T>(attempt: () => Promise<T>): Promise<T> {
    const { clock, backOff, random, retryTimeoutMs } = this.settings;
    const { signal } = this.#closing;
    const deadline = clock.monotonic() + retryTimeoutMs;
    for (let failures = 1; ; failures++) {
      try {
        return await attempt();
      } catch (cause) {
        const wait = backOffMs(backOff, failures, random);
        const isWorthIt = cause instanceof KlammError && cause.retriable;
        if (!isWorthIt || clock.monotonic() + wait > deadline) throw cause;
        await sleep(clock, wait, signal);
      }
    }
  }

  /** All topics, or the named ones, just asked; those that are not there are left out. */
  async listTopics(
    names: readonly string[] | null,
  ): Promise<{ cluster: ClusterMetadata; topics: TopicMetadata[] }> {
    const answer = await this.#askMetadata(
      { topics: names === null ? null : names.map((name) => ({ name })), allowAutoTopicCreation: false },
      true,
    );
    const topics: TopicMetadata[] = [];
    for (const topic of answer.topics) {
      if (topic.errorCode === 0) topics.push(toTopic(topic));
      else if (topic.errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
        throw topicError(topic.name ?? '', topic.errorCode, false);
      }
    }
    const brokers = answer.brokers.map(({ nodeId, host, port, rack }) => ({ nodeId, host, port, rack }));
    return { cluster: { clusterId: answer.clusterId, controllerId: answer.controllerId, brokers }, topics };
  }

  /**
   * What the cluster says of topics, asked once: of those with these names, of those with these ids, or of all. Those
   * it tells nothing of are in `refused`, by the name or id that was asked for.
   */
  async look(
    at: { readonly names: readonly string[] } | { readonly ids: readonly string[] } | 'all',
  ): Promise<{ topics: TopicMetadata[]; refused: Map<string, KlammError> }> {
    const topics =
      at === 'all'
        ? null
        : 'names' in at
          ? at.names.map((name) => ({ name }))
          : at.ids.map((topicId) => ({ topicId, name: null }));
    const answer = await this.#askMetadata({ topics, allowAutoTopicCreation: false }, false);
    const refused = new Map<string, KlammError>();
    const found: TopicMetadata[] = [];
    for (const topic of answer.topics) {
      if (topic.errorCode === 0) found.push(toTopic(topic));
      else
        refused.set(
          topic.name ?? topic.topicId,
          topicError(topic.name ?? topic.topicId, topic.errorCode, false),
        );
    }
    return { topics: found, refused };
  }

  async #find(name: string, autoCreate: boolean): Promise<TopicMetadata> {
    const { clock, backOff, random, retryTimeoutMs } = this.settings;
    const { signal } = this.#closing;
    const deadline = clock.monotonic() + retryTimeoutMs;
    for (let failures = 1; ; failures++) {
      let error: KlammError;
      try {
        const answer = await this.#refresh(name, autoCreate);
        const found = answer.topics.find((topic) => topic.name === name);
        const code = found?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        const known = this.lastKnown(name);
        if (code === 0 && known !== undefined) return known;
        error = topicError(name, code, autoCreate);
        if (!isRetriable(code)) throw error;
        if (code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && failures >= LOOKS_FOR_MISSING_TOPIC) {
          throw new KlammError(error.message, {
            code: error.code,
            errorCode: error.errorCode,
            retriable: false,
          });
        }
      } catch (cause) {
        if (!(cause instanceof KlammError) || !cause.retriable) throw cause;
        signal.throwIfAborted();
        error = cause;
        if (this.lastFailure === undefined) this.settings.logger.warn(`${error.message} Trying again.`);
        this.lastFailure = error;
      }
      const wait = backOffMs(backOff, failures, random);
      if (clock.monotonic() + wait > deadline) throw error;
      await sleep(clock, wait, signal);
    }
  }

  /** One Metadata request for all who ask in the same turn of the event loop. */
  #refresh(name: string, autoCreate: boolean): Promise<MetadataAnswer> {
    const gathering = this.#refreshing;
    if (gathering !== undefined && gathering.autoCreate === autoCreate) {
      gathering.names.add(name);
      return gathering.done;
    }
    const names = new Set([name]);
    const ask = async (): Promise<MetadataAnswer> => {
      await Promise.resolve();
      if (this.#refreshing?.names === names) this.#refreshing = undefined;
      const topics = [...names].map((topic) => ({ name: topic }));
      return this.#askMetadata({ topics, allowAutoTopicCreation: autoCreate }, false);
    };
    const done = ask();
    this.#refreshing = { names, autoCreate, done };
    return done;
  }

  async #askMetadata(
    body: Encodable<(typeof Metadata)['request']['fields']>,
    retry: boolean,
  ): Promise<MetadataAnswer> {
    const ask = async (): Promise<MetadataAnswer> => {
      try {
        const answer = await this.ask(Metadata, body, { retry: false });
        this.#learn(answer);
        return answer;
      } catch (cause) {
        if (cause instanceof KlammError && cause.retriable) this.#search.failed();
        throw cause;
      }
    };
    return retry ? this.retry(ask) : ask();
  }

  #learn(answer: MetadataAnswer): void {
    const { errorCode } = answer;
    if (errorCode === ErrorCode.REBOOTSTRAP_REQUIRED) this.#search.rebootstrap('a broker has said so');
    if (errorCode !== 0) throw kafkaError(errorCode);
    if (answer.brokers.length === 0) {
      throw kafkaError(ErrorCode.BROKER_NOT_AVAILABLE, 'The broker that was asked knows of none that is up.');
    }
    this.#search.succeeded();
    this.lastFailure = undefined;
    if (!this.#cache.learn(answer, this.settings.clock.monotonic())) this.#search.passOver();
  }

  /**
   * A broker owes somebody an answer. Where the cluster has put it out, nothing is to be waited for: what it led, others
   * lead by now. Only others can tell; until one does, its silence says nothing.
   */
  async #doubt(address: BrokerAddress): Promise<void> {
    const text = addressText(address);
    const isNamed = this.#cache.brokers.some((each) => addressText(each) === text);
    if (this.#doubted.has(text)) return;
    this.#doubted.add(text);
    try {
      const answer = await this.#search.askBut(address, (connection) =>
        connection.request(Metadata, { topics: [] }),
      );
      if (answer === undefined) return;
      this.#learn(answer);
      const isIn = this.#cache.brokers.some((each) => addressText(each) === text);
      if (isNamed && !isIn) this.pool.end(address, putOut(text));
    } catch (cause) {
      this.settings.logger.debug(`Nobody can say whether ${text} is up: ${messageOf(cause)}`);
    } finally {
      this.#doubted.delete(text);
    }
  }
}

/** What is made once and used by all; made again where it failed. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((cause) => {
      made = undefined;
      throw cause;
    });
    return made;
  };
}
