// What a client can be told, and what it does where it is not told.

import { type Clock, systemClock } from '@klamm/base/clock';
import { type Logger, silentLogger } from '@klamm/base/logger';
import { type Random, systemRandom } from '@klamm/base/random';
import { type BrokerAddress, parseAddresses } from './network/address.ts';
import type { BackOff } from './network/back-off.ts';
import { type Resolver, systemResolver } from './network/resolver.ts';
import { requireNumbers, requireOneOf } from './option-checks.ts';
import {
  type SaslOptions,
  type SecuritySettings,
  securitySettings,
  type TlsOptions,
} from './security/options.ts';

export interface KafkaOptions {
  /** Brokers to start from: `['127.0.0.1:9092']`, or `'a:9092,b:9092'`. The others are learned from these. */
  readonly brokers: string | readonly string[];
  /** What the brokers' logs and quotas call this client. Default `klamm`. */
  readonly clientId?: string;
  /** Default: says nothing. */
  readonly logger?: Logger;
  /** How long a TCP connection may take, in ms. Default 10,000. */
  readonly connectionTimeoutMs?: number;
  /** How long one answer may take, in ms; longer ends the connection. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** How long an admin call, or the search for a topic's leader, may be tried again, in ms. Default 60,000. */
  readonly retryTimeoutMs?: number;
  /** Wait between attempts: the first, in ms (default 100), doubling up to the most (default 1,000). */
  readonly retryBackOff?: { readonly firstMs?: number; readonly mostMs?: number };
  /** After how long what is known of a topic is asked again, in ms. Default 300,000. */
  readonly metadataMaxAgeMs?: number;
  /** When to begin again with `brokers`, forgetting those that the cluster named. */
  readonly metadataRecovery?: MetadataRecovery;
  /**
   * Kafka's client.dns.lookup: whether every address of a broker's name is tried (default), or `brokers` stand for the
   * canonical names of all their addresses, as Kerberos wants it.
   */
  readonly dnsLookup?: DnsLookup;
  /** Speaks TLS: `true` trusts whom Node trusts; see TlsOptions for a CA of your own. Default: in the clear. */
  readonly tls?: boolean | TlsOptions;
  /** How this client logs in. Default: not at all. */
  readonly sasl?: SaslOptions;
  /** For tests. */
  readonly clock?: Clock;
  readonly random?: Random;
  readonly resolver?: Resolver;
}

/** Kafka's metadata.recovery.strategy and metadata.recovery.rebootstrap.trigger.ms (KIP-899, KIP-1102). */
export interface MetadataRecovery {
  /**
   * `rebootstrap` (default): `brokers` are tried beside those that the cluster named, and these are forgotten where none
   * of all has answered for `rebootstrapTriggerMs`, or one says so. `none`: only those that the cluster named are asked.
   */
  readonly strategy?: 'rebootstrap' | 'none';
  /** In ms. Default 300,000. */
  readonly rebootstrapTriggerMs?: number;
}

export type DnsLookup = 'use_all_dns_ips' | 'resolve_canonical_bootstrap_servers_only';

/** KafkaOptions with every default filled in. */
export interface ClientSettings {
  readonly addresses: readonly BrokerAddress[];
  readonly clientId: string;
  readonly logger: Logger;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly retryTimeoutMs: number;
  readonly backOff: BackOff;
  readonly metadataMaxAgeMs: number;
  readonly metadataRecovery: Required<MetadataRecovery>;
  readonly dnsLookup: DnsLookup;
  readonly clock: Clock;
  readonly random: Random;
  readonly resolver: Resolver;
  /** Shows no secrets when it is printed. */
  readonly security: SecuritySettings;
}

const DNS_LOOKUPS: readonly DnsLookup[] = ['use_all_dns_ips', 'resolve_canonical_bootstrap_servers_only'];
const RECOVERIES = ['rebootstrap', 'none'];

/** Throws KlammError INVALID_CONFIG where an option is not what it has to be. */
export function clientSettings(options: KafkaOptions): ClientSettings {
  const { clientId = 'klamm', connectionTimeoutMs = 10_000, requestTimeoutMs = 30_000 } = options;
  const { retryTimeoutMs = 60_000, metadataMaxAgeMs = 300_000, retryBackOff = {} } = options;
  const { firstMs = 100, mostMs = 1000 } = retryBackOff;
  requireNumbers({ connectionTimeoutMs, requestTimeoutMs, firstMs, mostMs }, 1);
  const { dnsLookup = 'use_all_dns_ips', metadataRecovery = {} } = options;
  const { strategy = 'rebootstrap', rebootstrapTriggerMs = 300_000 } = metadataRecovery;
  requireNumbers({ retryTimeoutMs, metadataMaxAgeMs, rebootstrapTriggerMs }, 0);
  requireOneOf('dnsLookup', dnsLookup, DNS_LOOKUPS);
  requireOneOf('metadataRecovery.strategy', strategy, RECOVERIES);
  const logger = options.logger ?? silentLogger;
  return {
    security: securitySettings(options.tls, options.sasl, logger),
    addresses: parseAddresses(options.brokers),
    clientId,
    logger,
    connectionTimeoutMs,
    requestTimeoutMs,
    retryTimeoutMs,
    backOff: { firstMs, mostMs: Math.max(firstMs, mostMs) },
    metadataMaxAgeMs,
    metadataRecovery: { strategy, rebootstrapTriggerMs },
    dnsLookup,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    resolver: options.resolver ?? systemResolver,
  };
}
