// What a broker is started with, what it offers while it runs, and where its settings and its data come from.

import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { Clock } from '@klamm/base/clock';
import type { ConfigType } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import { writeJaas } from '@klamm/protocol/sasl/jaas';
import type { BrokerConfigName, brokerConfigs } from './config/broker.ts';
import type { BrokerSettings, SettingEntry } from './config/settings.ts';
import type { Endpoint } from './metadata/bootstrap.ts';
import { type Disk, nodeDisk } from './storage/disk.ts';
import { memoryDisk } from './storage/disk-memory.ts';

/** What a setting of a type is written as in code; a text as in a file will do for each. */
type Written<Type extends ConfigType> = Type extends 'boolean'
  ? boolean | string
  : Type extends 'short' | 'int' | 'long' | 'double'
    ? number | string
    : Type extends 'list'
      ? string | readonly string[]
      : string;

/** Settings by Kafka's names; those of one listener, or of a mechanism of it, with their prefix. */
export type BrokerConfig = {
  readonly [Name in BrokerConfigName]?: Written<(typeof brokerConfigs)[Name]['type']>;
} & { readonly [scoped: `listener.name.${string}`]: string | number | boolean };

/** A broker's own certificate, all in PEM, as `issueBroker` and `klamm certs broker` make it. */
export interface BrokerTls {
  /** The private key, not encrypted. */
  readonly key: string | Buffer;
  /** The certificate, and those between it and the authority. */
  readonly cert: string | Buffer;
  /** Whom to trust: every client has to show a certificate that is vouched for (`ssl.client.auth=required`). */
  readonly ca?: string | Buffer;
}

export interface BrokerOptions {
  /** Port of the one listener on 127.0.0.1; 0 for a free one. Default: what `listeners` or the settings say. */
  readonly port?: number;
  /**
   * Users by name, with their passwords, for listeners that ask for a login (PLAIN, and, in a new data directory, SCRAM),
   * unless `config` has others. With `port` its listener is SASL_PLAINTEXT, or SASL_SSL, then.
   */
  readonly users?: Readonly<Record<string, string>>;
  /** For listeners that speak TLS. With `port` its listener is SSL, or SASL_SSL, then. */
  readonly tls?: BrokerTls;
  /** As Kafka's `listeners`: `PLAINTEXT://127.0.0.1:9092`. */
  readonly listeners?: string;
  /** Where to keep the data. Default: in memory, gone with the broker. */
  readonly dataDirectory?: string;
  /** Further settings by Kafka's names; they win over `entries`. */
  readonly config?: BrokerConfig;
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

/** Where a broker keeps its data. */
export interface Place {
  readonly disk: Disk;
  readonly path: string;
  readonly isMemory: boolean;
}

export function placeOf(options: BrokerOptions, settings: BrokerSettings, clock: Clock): Place {
  const given =
    options.dataDirectory ?? settings.entry('log.dirs')?.value ?? settings.entry('log.dir')?.value;
  if (given === undefined && options.disk === undefined) {
    const path = `${tmpdir()}/klamm-memory-${randomBytes(6).toString('hex')}`;
    return { disk: memoryDisk({ now: () => clock.now() }), path, isMemory: true };
  }
  const path = dataDirectoryOf(options, settings);
  return { disk: options.disk ?? nodeDisk(), path, isMemory: false };
}

/** Settings of all sources, those of `options` first. */
export function entriesOf({
  port,
  users,
  tls,
  listeners,
  config = {},
  entries = [],
}: BrokerOptions): SettingEntry[] {
  const given: SettingEntry[] = Object.entries(config).map(([name, value]) => ({
    name,
    value: Array.isArray(value) ? value.join(',') : String(value),
    source: 'config',
  }));
  if (listeners !== undefined) given.unshift({ name: 'listeners', value: listeners, source: 'listeners' });
  if (port !== undefined) {
    const transport = tls === undefined ? 'PLAINTEXT' : 'SSL';
    const protocol = users === undefined ? transport : `SASL_${transport}`;
    given.unshift({ name: 'listeners', value: `${protocol}://127.0.0.1:${port}`, source: 'port' });
  }
  return [...given, ...userEntries(users), ...tlsEntries(tls), ...entries];
}

function tlsEntries(tls: BrokerOptions['tls']): SettingEntry[] {
  if (tls === undefined) return [];
  const entry = (name: string, option: 'key' | 'cert' | 'ca'): SettingEntry => {
    const value = String(tls[option] ?? '');
    if (/^-----BEGIN /m.test(value)) return { name, value, source: `tls.${option}` };
    throw invalid(
      `tls.${option} is not PEM: it is what stands in a file that begins with -----BEGIN, not the path of one.`,
    );
  };
  const own = [entry('ssl.keystore.key', 'key'), entry('ssl.keystore.certificate.chain', 'cert')];
  if (tls.ca === undefined) return own;
  const required = { name: 'ssl.client.auth', value: 'required', source: 'tls.ca' };
  return [...own, entry('ssl.truststore.certificates', 'ca'), required];
}

function userEntries(users: BrokerOptions['users']): SettingEntry[] {
  if (users === undefined) return [];
  const options = Object.entries(users).map(([name, password]) => [`user_${name}`, password] as const);
  const source = 'users';
  return [
    { name: 'sasl.enabled.mechanisms', value: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512', source },
    { name: 'sasl.jaas.config', value: writeJaas('PlainLoginModule', options), source },
    { name: 'klamm.scram.users', value: writeJaas('ScramLoginModule', options), source },
  ];
}

function dataDirectoryOf(options: BrokerOptions, settings: BrokerSettings): string {
  const path = options.dataDirectory ?? settings.optional('log.dirs') ?? settings.text('log.dir');
  if (!path.includes(',')) return path.length > 1 ? path.replace(/\/+$/, '') : path;
  throw invalid(`log.dirs names several directories (${path}); Klamm keeps its data in one. Name one.`);
}

function invalid(message: string): KlammError {
  return new KlammError(message, { code: 'INVALID_CONFIG', errorCode: 40, retriable: false });
}
