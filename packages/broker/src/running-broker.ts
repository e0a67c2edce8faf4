// The composition root: the rooms of one broker, opened one after the other and closed in the opposite order.

import { must } from '@klamm/base/assert';
import type { Clock, Timer } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import { systemRandom } from '@klamm/base/random';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { openAuthorizer } from './auth/authorizer/open-authorizer.ts';
import { DelegationTokens } from './auth/delegation-tokens.ts';
import { addFirstUsers } from './auth/first-users.ts';
import { newLoginOf } from './auth/listener-login.ts';
import { loginGate } from './auth/login-gate.ts';
import type { Broker } from './broker-options.ts';
import { advertisedEndpoints } from './config/listeners.ts';
import type { BrokerSettings } from './config/settings.ts';
import { type ListenerTls, listenerTls } from './config/tls.ts';
import { watchCertificates } from './config/tls-reload.ts';
import { OFFSETS_TOPIC } from './coordinators/group-coordinator.ts';
import {
  type Coordinators,
  closeCoordinators,
  openCoordinators,
  partitionsAdded,
  topicRemoved,
} from './coordinators/open-coordinators.ts';
import { TRANSACTIONS_TOPIC } from './coordinators/transactions/transaction-coordinator.ts';
import type { BrokerRooms } from './dispatch/context.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { createTopic } from './handlers/19-create-topics.ts';
import { handlers } from './handlers/index.ts';
import { Budget } from './listeners/budget.ts';
import { ConnectionQuotas } from './listeners/connection-limits.ts';
import { Listener, type ListenerAddress } from './listeners/listener.ts';
import type { Endpoint } from './metadata/bootstrap.ts';
import { Catalog } from './metadata/catalog.ts';
import { Cleaner } from './partitions/cleaner.ts';
import { FetchSessions } from './partitions/fetch-sessions.ts';
import { PartitionTable } from './partitions/partition-table.ts';
import { Quotas } from './quotas/quotas.ts';
import type { FlushPolicy } from './storage/appender.ts';
import type { LogDirectory } from './storage/directory.ts';

export interface Ground {
  readonly settings: BrokerSettings;
  readonly directory: LogDirectory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isMemory: boolean;
}

/** How long answers in flight may take when the broker closes, in ms. */
const CLOSE_WITHIN_MS = 5000;

export class RunningBroker implements Broker {
  readonly #ground: Ground;
  readonly #closing = new AbortController();
  readonly #listeners: Listener[] = [];
  readonly #watches: Timer[] = [];
  #catalog: Catalog | undefined;
  #partitions: PartitionTable | undefined;
  #coordinators: Coordinators | undefined;
  #cleaner: Cleaner | undefined;
  #rooms: BrokerRooms | undefined;
  #tokens: DelegationTokens | undefined;
  #endpoints: readonly Endpoint[] = [];
  #closed: Promise<void> | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Opens everything, the listeners last. Where it throws, `abandon` lets go of what was opened. */
  async open(addresses: readonly ListenerAddress[]): Promise<void> {
    const { settings, directory, clock, logger } = this.#ground;
    const catalog = await Catalog.open(directory, settings, clock, logger);
    this.#catalog = catalog;
    if (directory.isNew) await addFirstUsers(catalog, addresses);
    const coordinators = openCoordinators(settings, catalog, {
      clock,
      logger,
      partitionOf: (topic, index) => this.#partitions?.get(topic, index),
      createTopic: (topic) =>
        createTopic(must(this.#rooms, 'a coordinator is asked for before the broker is open'), topic),
    });
    this.#coordinators = coordinators;
    const partitions = await this.#openPartitions(catalog, coordinators);
    const tokens = new DelegationTokens(catalog, clock, logger);
    this.#tokens = tokens;
    this.#rooms = {
      clock,
      logger,
      settings,
      directory,
      catalog,
      partitions,
      ...coordinators,
      fetchSessions: new FetchSessions(
        settings.number('max.incremental.fetch.session.cache.slots'),
        systemRandom,
      ),
      supportedApis: handlers.map(({ api, advertised: [minVersion, maxVersion] }) => ({
        apiKey: api.key,
        minVersion,
        maxVersion,
      })),
      authorizer: openAuthorizer(settings, catalog.image.acls, clock, logger),
      tokens,
      quotas: new Quotas(catalog.image.quotas, settings, clock),
      endpointFor: (name) => this.#endpointFor(name),
      closing: this.#closing.signal,
    };
    await this.#openListeners(addresses, this.#rooms);
    this.#endpoints = advertisedEndpoints(settings, this.#listeners, addresses);
    await catalog.register(this.#endpoints);
  }

  async #openPartitions(catalog: Catalog, coordinators: Coordinators): Promise<PartitionTable> {
    const { settings, directory, clock, logger } = this.#ground;
    const partitions = new PartitionTable({
      directory,
      clock,
      logger,
      flushPolicy: settings.text('flush.policy') as FlushPolicy,
      configOf: (topic) => catalog.partitionConfig(topic),
      checkpointMs: settings.number('log.flush.offset.checkpoint.interval.ms'),
      retentionCheckMs: settings.number('log.retention.check.interval.ms'),
      get producerExpirationMs() {
        return settings.number('producer.id.expiration.ms');
      },
    });
    this.#partitions = partitions;
    catalog.listener = {
      partitionsAdded: async (topic, from) => {
        await partitions.add(topic, from);
        partitionsAdded(coordinators, topic, from);
      },
      topicRemoved: async (topic) => {
        partitions.remove(topic);
        topicRemoved(coordinators, topic);
      },
      topicConfigured: (topic) => partitions.configure(topic),
    };
    directory.onOffline = (cause) => partitions.goOffline(cause);
    await partitions.open(catalog.image.topics);
    this.#cleaner = new Cleaner({
      directory,
      clock,
      logger,
      partitions: () => partitions.all(),
      checkpoint: () => partitions.checkpoint(),
      limits: {
        get mapBytesMax() {
          return settings.number('log.cleaner.dedupe.buffer.size');
        },
        get bytesPerSecondMax() {
          return settings.number('log.cleaner.io.max.bytes.per.second');
        },
      },
      get backoffMs() {
        return settings.boolean('log.cleaner.enable') ? settings.number('log.cleaner.backoff.ms') : undefined;
      },
    });
    for (const name of [OFFSETS_TOPIC, TRANSACTIONS_TOPIC]) {
      const topic = catalog.image.topic(name);
      if (topic !== undefined) partitionsAdded(coordinators, topic, 0);
    }
    return partitions;
  }

  async #openListeners(addresses: readonly ListenerAddress[], rooms: BrokerRooms): Promise<void> {
    const { settings, clock, logger } = this.#ground;
    const frameBytesMax = settings.number('socket.request.max.bytes');
    const requestBytesMax = settings.number('queued.max.request.bytes');
    // Without a limit of the user's, two of the largest requests may be worked on at a time.
    const budget = new Budget(requestBytesMax > 0 ? requestBytesMax : 2 * frameBytesMax);
    const limits = {
      frameBytesMax,
      requestsMax: settings.number('queued.max.requests'),
      idleMs: settings.number('connections.max.idle.ms'),
      backlog: settings.number('socket.listen.backlog.size'),
      loginBytesMax: settings.number('sasl.server.max.receive.size'),
    };
    const quotas = new ConnectionQuotas(settings, clock, (address) =>
      rooms.catalog.image.quotas.ofAddress(address),
    );
    const dispatcher = new Dispatcher(rooms, handlers);
    const dispatch = dispatcher.dispatch.bind(dispatcher);
    for (const address of addresses) {
      const newLogin = newLoginOf(address, rooms.catalog, rooms.tokens, clock, logger);
      const handle = newLogin === undefined ? dispatch : loginGate(dispatch);
      const tls = address.protocol.endsWith('SSL') ? listenerTls(settings, address.name) : undefined;
      const options = { address, clock, logger, budget, limits, quotas, handle, newLogin, tls };
      const listener = await Listener.open(options);
      this.#listeners.push(listener);
      if (tls === undefined) continue;
      const change = (next: ListenerTls): void => listener.changeTls(next);
      const { catalog } = rooms;
      this.#watches.push(watchCertificates({ listener: address.name, tls, catalog, clock, logger, change }));
    }
  }

  #endpointFor(listenerName: string): Endpoint {
    const [first] = this.#endpoints;
    const own = this.#endpoints.find(({ name }) => name === listenerName);
    return must(own ?? first, 'a broker answers before it knows its addresses');
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  get bootstrap(): string {
    const [first] = this.#endpoints;
    return `${first?.host}:${first?.port}`;
  }

  get port(): number {
    return this.#listeners[0]?.port ?? 0;
  }

  get clusterId(): string {
    return this.#ground.directory.identity.clusterId;
  }

  get nodeId(): number {
    return this.#ground.directory.identity.nodeId;
  }

  get dataDirectory(): string | undefined {
    return this.#ground.isMemory ? undefined : this.#ground.directory.path;
  }

  get isOnline(): boolean {
    return this.#ground.directory.isOnline;
  }

  async createTopic(name: string, partitions = -1): Promise<void> {
    const topic = { name, numPartitions: partitions, replicationFactor: -1, assignments: [], configs: [] };
    const rooms = must(this.#rooms, 'a topic is created before the broker is open');
    const { errorCode, errorMessage } = await createTopic(rooms, topic);
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return;
    throw kafkaError(errorCode, errorMessage ?? undefined);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { directory, clock } = this.#ground;
    this.#closing.abort();
    for (const watch of this.#watches) watch.cancel();
    this.#tokens?.close();
    if (this.#coordinators !== undefined) closeCoordinators(this.#coordinators);
    const timer = clock.after(CLOSE_WITHIN_MS, () => {
      for (const listener of this.#listeners) listener.destroy();
    });
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    timer.cancel();
    try {
      await this.#cleaner?.close();
      await this.#partitions?.close();
      await this.#catalog?.close();
    } catch (error) {
      directory.takeOffline(error as Error);
    }
    directory.close(this.#catalog?.brokerEpoch ?? -1);
  }

  /** Lets go of everything at once, nothing written: the broker could not be opened. */
  abandon(error: Error): void {
    for (const watch of this.#watches) watch.cancel();
    for (const listener of this.#listeners) {
      void listener.close();
      listener.destroy();
    }
    if (this.#coordinators !== undefined) closeCoordinators(this.#coordinators);
    this.#tokens?.close();
    void this.#cleaner?.close();
    this.#partitions?.abandon();
    this.#catalog?.abandon(error);
    this.#ground.directory.abandon();
  }
}
