// What a client can be told, and what it does where it is not told.

import { type Clock, systemClock } from '@klamm/base/clock';
import { type Logger, silentLogger } from '@klamm/base/logger';
import { type Random, systemRandom } from '@klamm/base/random';
import { type BrokerAddress, parseAddresses } from './network/address.ts';
import type { BackOff } from './network/back-off.ts';
import { requireNumbers } from './option-checks.ts';
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
  /** Speaks TLS: `true` trusts whom Node trusts; see TlsOptions for a CA of your own. Default: in the clear. */
  readonly tls?: boolean | TlsOptions;
  /** How this client logs in. Default: not at all. */
  readonly sasl?: SaslOptions;
  /** For tests. */
  readonly clock?: Clock;
  readonly random?: Random;
}

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
  readonly clock: Clock;
  readonly random: Random;
  /** Shows no secrets when it is printed. */
  readonly security: SecuritySettings;
}

/** Throws KlammError INVALID_CONFIG where an option is not what it has to be. */
export function clientSettings(options: KafkaOptions): ClientSettings {
  const { clientId = 'klamm', connectionTimeoutMs = 10_000, requestTimeoutMs = 30_000 } = options;
  const { retryTimeoutMs = 60_000, metadataMaxAgeMs = 300_000, retryBackOff = {} } = options;
  const { firstMs = 100, mostMs = 1000 } = retryBackOff;
  requireNumbers({ connectionTimeoutMs, requestTimeoutMs, firstMs, mostMs }, 1);
  requireNumbers({ retryTimeoutMs, metadataMaxAgeMs }, 0);
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
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  };
}
