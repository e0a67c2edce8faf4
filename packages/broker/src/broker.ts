// The composition root: settings in, rooms wired, listeners open; and everything closed again in order. The whole
// broker starts in a process with one call, as often as wanted.

import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { type Clock, systemClock } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import { type Logger, silentLogger } from '@klamm/base/logger';
import { systemRandom } from '@klamm/base/random';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { advertisedEndpoints, listenerAddresses } from './config/listeners.ts';
import { BrokerSettings, type SettingEntry } from './config/settings.ts';
import type { BrokerRooms } from './dispatch/context.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { createTopic } from './handlers/19-create-topics.ts';
import { handlers } from './handlers/index.ts';
import { Budget } from './listeners/budget.ts';
import { Listener } from './listeners/listener.ts';
import type { Endpoint } from './metadata/bootstrap.ts';
import { Catalog } from './metadata/catalog.ts';
import { FetchSessions } from './partitions/fetch-sessions.ts';
import { PartitionTable } from './partitions/partition-table.ts';
import { thisMachine } from './process-table.ts';
import type { FlushPolicy } from './storage/appender.ts';
import { LogDirectory } from './storage/directory.ts';
import { type Disk, nodeDisk } from './storage/disk.ts';
import { memoryDisk } from './storage/disk-memory.ts';

export interface BrokerOptions {
  /** Port of the one listener on 127.0.0.1; 0 for a free one. Default: what `listeners` or the settings say. */
  readonly port?: number;
  /** As Kafka's `listeners`: `PLAINTEXT://127.0.0.1:9092`. */
  readonly listeners?: string;
  /** Where to keep the data. Default: in memory, gone with the broker. */
  readonly dataDirectory?: string;
  /** Further settings by Kafka's names; they win over `entries`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** Settings from files and the environment, each with its source; earlier ones win. */
  readonly entries?: readonly SettingEntry[];
  /** Default: says nothing. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** For tests: a disk that is not the machine's. `dataDirectory` is then a path on it. */
  readonly disk?: Disk;
}

export interface Broker extends AsyncDisposable {
  /** `host:port` of the first listener: what a client is given. */
  readonly bootstrap: string;
  readonly port: number;
  readonly clusterId: string;
  readonly nodeId: number;
  /** Where the data is; undefined where it is in memory. */
  readonly dataDirectory: string | undefined;
  /** Addresses that clients are told, one per listener. */
  readonly endpoints: readonly Endpoint[];
  /** True until the data directory goes offline after a disk error. */
  readonly isOnline: boolean;
  /** Creates a topic unless it is there. Throws KlammError where it cannot be created. */
  createTopic(name: string, partitions?: number): Promise<void>;
  /** Answers what is in flight, writes everything out, and closes. Safe to call again. */
  close(): Promise<void>;
}

/** How long answers in flight may take when the broker closes, in ms. */
const CLOSE_WITHIN_MS = 5000;

/**
 * Starts a broker. Resolves when it listens. Throws KlammError: INVALID_CONFIG (all that is wrong with the settings),
 * DATA_DIRECTORY_LOCKED, NOT_A_DATA_DIRECTORY, INCONSISTENT_CLUSTER_ID, KAFKA_STORAGE_ERROR (the directory cannot be
 * used), EADDRINUSE and its like (a listener's address cannot be had).
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { clock = systemClock, logger = silentLogger } = options;
  const settings = BrokerSettings.from(entriesOf(options));
  const addresses = listenerAddresses(settings);
  sayInert(settings, logger);
  const isMemory =
    options.dataDirectory === undefined &&
    options.disk === undefined &&
    settings.entry('log.dirs') === undefined &&
    settings.entry('log.dir') === undefined;
  const disk = options.disk ?? (isMemory ? memoryDisk({ now: () => clock.now() }) : nodeDisk());
  const path = isMemory
    ? `${tmpdir()}/klamm-memory-${randomBytes(6).toString('hex')}`
    : dataDirectoryOf(options, settings);
  const flushPolicy = settings.text('flush.policy') as FlushPolicy;
  const nodeId = settings.number('node.id');
  const clusterId = settings.optional('cluster.id');
  const directory = LogDirectory.open(disk, path, thisMachine, logger, { clusterId, nodeId });
  let catalog: Catalog | undefined;
  let partitions: PartitionTable | undefined;
  const listeners: Listener[] = [];
  const closing = new AbortController();
  try {
    if (!directory.isNew && !directory.clean) {
      logger.warn(`${path} was not closed in order; its logs are checked from their recovery points on.`);
    }
    catalog = await Catalog.open(directory, settings, clock, logger);
    const configOf = (topic: string) => (catalog as Catalog).partitionConfig(topic);
    partitions = new PartitionTable({
      directory,
      clock,
      logger,
      flushPolicy,
      configOf,
      checkpointMs: settings.number('log.flush.offset.checkpoint.interval.ms'),
      retentionCheckMs: settings.number('log.retention.check.interval.ms'),
      producerExpirationMs: settings.number('producer.id.expiration.ms'),
    });
    const table = partitions;
    catalog.listener = {
      partitionsAdded: (topic, from) => table.add(topic, from),
      topicRemoved: async (topic) => table.remove(topic),
      topicConfigured: (topic) => table.configure(topic),
    };
    directory.onOffline = (cause) => table.goOffline(cause);
    await table.open(catalog.image.topics);
    let endpoints: readonly Endpoint[] = [];
    const rooms: BrokerRooms = {
      clock,
      logger,
      settings,
      directory,
      catalog,
      partitions: table,
      fetchSessions: new FetchSessions(
        settings.number('max.incremental.fetch.session.cache.slots'),
        systemRandom,
      ),
      supportedApis: handlers.map(({ api, advertised: [minVersion, maxVersion] }) => ({
        apiKey: api.key,
        minVersion,
        maxVersion,
      })),
      endpointFor: (name) =>
        endpoints.find((endpoint) => endpoint.name === name) ?? (endpoints[0] as Endpoint),
      closing: closing.signal,
    };
    const dispatcher = new Dispatcher(rooms, handlers);
    const requestBytesMax = settings.number('queued.max.request.bytes');
    const budget = new Budget(
      requestBytesMax > 0 ? requestBytesMax : 2 * settings.number('socket.request.max.bytes'),
    );
    for (const address of addresses) {
      listeners.push(
        await Listener.open({
          address,
          logger,
          budget,
          limits: {
            frameBytesMax: settings.number('socket.request.max.bytes'),
            requestsMax: settings.number('queued.max.requests'),
            idleMs: settings.number('connections.max.idle.ms'),
            backlog: settings.number('socket.listen.backlog.size'),
            connectionsMax: settings.number('max.connections'),
            connectionsPerAddressMax: settings.number('max.connections.per.ip'),
          },
          // A client may be quicker than the registration below; it is answered as soon as that is durable.
          handle: (connection, frame, slot) => dispatcher.dispatch(connection, frame, slot),
        }),
      );
    }
    endpoints = advertisedEndpoints(settings, listeners, addresses);
    await catalog.register(endpoints);
    return new RunningBroker({
      rooms,
      directory,
      catalog,
      partitions: table,
      listeners,
      endpoints,
      closing,
      clock,
      isMemory,
    });
  } catch (error) {
    for (const listener of listeners) void listener.close();
    for (const listener of listeners) listener.destroy();
    partitions?.abandon();
    catalog?.abandon(error as Error);
    directory.abandon();
    throw error;
  }
}

interface Parts {
  readonly rooms: BrokerRooms;
  readonly directory: LogDirectory;
  readonly catalog: Catalog;
  readonly partitions: PartitionTable;
  readonly listeners: readonly Listener[];
  readonly endpoints: readonly Endpoint[];
  readonly closing: AbortController;
  readonly clock: Clock;
  readonly isMemory: boolean;
}

class RunningBroker implements Broker {
  readonly #parts: Parts;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get endpoints(): readonly Endpoint[] {
    return this.#parts.endpoints;
  }

  get bootstrap(): string {
    const [first] = this.#parts.endpoints;
    return `${first?.host}:${first?.port}`;
  }

  get port(): number {
    return this.#parts.listeners[0]?.port ?? 0;
  }

  get clusterId(): string {
    return this.#parts.catalog.clusterId;
  }

  get nodeId(): number {
    return this.#parts.catalog.nodeId;
  }

  get dataDirectory(): string | undefined {
    return this.#parts.isMemory ? undefined : this.#parts.directory.path;
  }

  get isOnline(): boolean {
    return this.#parts.directory.isOnline;
  }

  async createTopic(name: string, partitions = -1): Promise<void> {
    const topic = { name, numPartitions: partitions, replicationFactor: -1, assignments: [], configs: [] };
    const { errorCode, errorMessage } = await createTopic(this.#parts.rooms, topic);
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
    const { directory, catalog, partitions, listeners, closing, clock } = this.#parts;
    closing.abort();
    const timer = clock.after(CLOSE_WITHIN_MS, () => {
      for (const listener of listeners) listener.destroy();
    });
    await Promise.all(listeners.map((listener) => listener.close()));
    timer.cancel();
    try {
      await partitions.close();
      await catalog.close();
    } catch (error) {
      directory.takeOffline(error as Error);
    }
    directory.close(catalog.brokerEpoch);
  }
}

/** One line for all settings of Kafka's that were given and do nothing here. */
function sayInert(settings: BrokerSettings, logger: Logger): void {
  if (settings.inert.length === 0) return;
  const names = settings.inert.map(({ name, source }) => `${name} (${source})`);
  logger.info(`Known settings of Kafka that have no effect in this version of Klamm: ${names.join(', ')}`);
}

function entriesOf({ port, listeners, config = {}, entries = [] }: BrokerOptions): SettingEntry[] {
  const given: SettingEntry[] = Object.entries(config).map(([name, value]) => ({
    name,
    value: String(value),
    source: 'config',
  }));
  if (listeners !== undefined) given.unshift({ name: 'listeners', value: listeners, source: 'listeners' });
  if (port !== undefined)
    given.unshift({ name: 'listeners', value: `PLAINTEXT://127.0.0.1:${port}`, source: 'port' });
  return [...given, ...entries];
}

function dataDirectoryOf(options: BrokerOptions, settings: BrokerSettings): string {
  const path = options.dataDirectory ?? settings.optional('log.dirs') ?? settings.text('log.dir');
  if (!path.includes(',')) return path.length > 1 ? path.replace(/\/+$/, '') : path;
  throw new KlammError(
    `log.dirs names several directories (${path}); Klamm keeps its data in one. Name one.`,
    {
      code: 'INVALID_CONFIG',
      errorCode: 40,
      retriable: false,
    },
  );
}
