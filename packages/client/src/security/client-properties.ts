// A client's properties as Java's clients and librdkafka name them, as the options of this client: a client.properties
// that works there works here. What has no meaning here (a Java class, a buffer's size) is named, not refused; what
// would make the connection less safe than it was meant to be is refused.

import { listOf } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import { parseProperties } from '@klamm/base/properties';
import { parseJaas } from '@klamm/protocol/sasl/jaas';
import { invalidOption } from '../option-checks.ts';
import type { DnsLookup, KafkaOptions } from '../options.ts';
import type { SaslOptions, StoreOptions, TlsOptions } from './options.ts';

export interface ClientProperties {
  readonly options: Omit<KafkaOptions, 'brokers'> & { readonly brokers?: string };
  /** Names of properties that mean nothing to this client. */
  readonly unused: readonly string[];
}

type Values = ReadonlyMap<string, string>;

/** Names of librdkafka for what Java's clients name otherwise. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['metadata.broker.list', 'bootstrap.servers'],
  ['sasl.mechanisms', 'sasl.mechanism'],
  ['ssl.ca.location', 'ssl.truststore.location'],
  ['ssl.ca.pem', 'ssl.truststore.certificates'],
  ['ssl.certificate.pem', 'ssl.keystore.certificate.chain'],
  ['ssl.key.pem', 'ssl.keystore.key'],
  ['socket.timeout.ms', 'request.timeout.ms'],
  ['topic.metadata.refresh.interval.ms', 'metadata.max.age.ms'],
]);

const NUMBERS = {
  'default.api.timeout.ms': (ms: number) => ({ retryTimeoutMs: ms }),
  'metadata.max.age.ms': (ms: number) => ({ metadataMaxAgeMs: ms }),
  'request.timeout.ms': (ms: number) => ({ requestTimeoutMs: ms }),
  'socket.connection.setup.timeout.ms': (ms: number) => ({ connectionTimeoutMs: ms }),
} as const;

/** What this client takes a meaning from. */
export const CLIENT_PROPERTIES: readonly string[] = [
  'bootstrap.servers',
  'client.dns.lookup',
  'client.id',
  ...Object.keys(NUMBERS),
  'metadata.recovery.rebootstrap.trigger.ms',
  'metadata.recovery.strategy',
  'enable.ssl.certificate.verification',
  'sasl.jaas.config',
  'sasl.mechanism',
  'sasl.password',
  'sasl.username',
  'security.protocol',
  'ssl.enabled.protocols',
  'ssl.endpoint.identification.algorithm',
  'ssl.key.password',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.keystore.type',
  'ssl.truststore.certificates',
  'ssl.truststore.location',
  'ssl.truststore.password',
  'ssl.truststore.type',
  ...ALIASES.keys(),
].sort();

/** What this client calls a property that librdkafka calls otherwise. */
export const propertyName = (name: string): string => ALIASES.get(name) ?? name;

/** These may hold a secret. */
export const SECRET_PROPERTIES: readonly string[] = [
  'sasl.jaas.config',
  'sasl.password',
  'ssl.key.password',
  'ssl.key.pem',
  'ssl.keystore.key',
  'ssl.keystore.password',
  'ssl.truststore.password',
];

/**
 * The options that a client.properties stands for, given as its text or as pairs.
 *
 * Throws KlammError INVALID_CONFIG that names the property, never its value where that may be a secret.
 */
export function clientOptionsFromProperties(
  properties: string | Readonly<Record<string, string>>,
): ClientProperties {
  const pairs =
    typeof properties === 'string'
      ? parseProperties(properties).map(({ key, value }) => [key, value] as const)
      : Object.entries(properties);
  const unused = pairs.map(([key]) => key).filter((key) => !CLIENT_PROPERTIES.includes(key));
  const values = new Map(pairs.map(([key, value]) => [propertyName(key), value.trim()]));
  const protocol = (values.get('security.protocol') ?? 'PLAINTEXT').toUpperCase();
  if (!['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].includes(protocol))
    throw invalidOption(
      `security.protocol is "${protocol}"; there are PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL.`,
    );
  const brokers = values.get('bootstrap.servers');
  const clientId = values.get('client.id');
  return {
    options: {
      ...(brokers === undefined ? {} : { brokers }),
      ...(clientId === undefined ? {} : { clientId }),
      ...numbers(values),
      ...lookup(values),
      ...(protocol.endsWith('SSL') ? { tls: tlsOf(values) } : {}),
      ...(protocol.startsWith('SASL_') ? { sasl: saslOf(values) } : {}),
    },
    unused,
  };
}

function numbers(values: Values): Omit<KafkaOptions, 'brokers'> {
  let options = {};
  for (const [name, option] of Object.entries(NUMBERS)) {
    const number = wholeNumber(values, name);
    if (number !== undefined) options = { ...options, ...option(number) };
  }
  return options;
}

/** How brokers are found. */
function lookup(values: Values): Pick<KafkaOptions, 'dnsLookup' | 'metadataRecovery'> {
  const dnsLookup = values.get('client.dns.lookup');
  const strategy = values.get('metadata.recovery.strategy')?.toLowerCase();
  const triggerMs = wholeNumber(values, 'metadata.recovery.rebootstrap.trigger.ms');
  const metadataRecovery = {
    ...(strategy === undefined ? {} : { strategy: strategy as 'rebootstrap' }),
    ...(triggerMs === undefined ? {} : { rebootstrapTriggerMs: triggerMs }),
  };
  return {
    ...(dnsLookup === undefined ? {} : { dnsLookup: dnsLookup as DnsLookup }),
    ...(Object.keys(metadataRecovery).length === 0 ? {} : { metadataRecovery }),
  };
}

function wholeNumber(values: Values, name: string): number | undefined {
  const text = values.get(name);
  if (text !== undefined && !/^\d+$/.test(text)) {
    throw invalidOption(`${name} is "${text}"; it has to be a whole number.`);
  }
  return text === undefined ? undefined : Number(text);
}

function tlsOf(values: Values): TlsOptions {
  const algorithm = values.get('ssl.endpoint.identification.algorithm');
  const isUnverified = values.get('enable.ssl.certificate.verification') === 'false';
  if (algorithm !== undefined && algorithm.toLowerCase() !== 'https' && !isUnverified) {
    throw invalidOption(
      `ssl.endpoint.identification.algorithm is "${algorithm}": this client always compares the certificate with the address. ` +
        'Where the broker has another name, give that as `tls.servername`.',
    );
  }
  const protocols = listOf(values.get('ssl.enabled.protocols') ?? '');
  const key = values.get('ssl.keystore.key');
  const cert = values.get('ssl.keystore.certificate.chain');
  const passphrase = values.get('ssl.key.password');
  const ca = values.get('ssl.truststore.certificates');
  const keystore = storeOf(values, 'keystore');
  const truststore = storeOf(values, 'truststore');
  return {
    ...(keystore === undefined ? {} : { keystore }),
    ...(truststore === undefined ? {} : { truststore }),
    ...(key === undefined ? {} : { key }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined || passphrase === undefined ? {} : { passphrase }),
    ...(ca === undefined ? {} : { ca }),
    ...(protocols.length === 1 && protocols[0] === 'TLSv1.3' ? { minVersion: 'TLSv1.3' } : {}),
    ...(isUnverified ? { rejectUnauthorized: false } : {}),
  };
}

function storeOf(values: Values, kind: 'keystore' | 'truststore'): StoreOptions | undefined {
  const path = values.get(`ssl.${kind}.location`);
  if (path === undefined) return undefined;
  const password = values.get(`ssl.${kind}.password`);
  const keyPassword = kind === 'keystore' ? values.get('ssl.key.password') : undefined;
  return {
    path,
    ...(password === undefined ? {} : { password }),
    ...(keyPassword === undefined ? {} : { keyPassword }),
  };
}

function saslOf(values: Values): SaslOptions {
  const mechanism = (values.get('sasl.mechanism') ?? 'GSSAPI').toUpperCase();
  if (mechanism === 'OAUTHBEARER') {
    throw invalidOption(
      'sasl.mechanism is OAUTHBEARER: give `sasl.token`, a function that gets tokens; properties cannot say how.',
    );
  }
  if (!/^(PLAIN|SCRAM-SHA-(256|512))$/.test(mechanism)) {
    throw invalidOption(
      `sasl.mechanism is ${mechanism}${values.has('sasl.mechanism') ? '' : ', its default'}; this client knows PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER.`,
    );
  }
  const jaas = values.get('sasl.jaas.config');
  const options = jaas === undefined ? new Map<string, string>() : jaasOptions(jaas);
  const username = options.get('username') ?? values.get('sasl.username');
  const password = options.get('password') ?? values.get('sasl.password');
  if (username === undefined || password === undefined) {
    const missing = username === undefined ? 'a user' : 'a password';
    throw invalidOption(
      `sasl.mechanism is ${mechanism}, but there is ${missing} missing: give sasl.jaas.config with username and password, or sasl.username and sasl.password.`,
    );
  }
  return {
    mechanism,
    username,
    password,
    ...(options.get('tokenauth') === 'true' ? { delegationToken: true } : {}),
  };
}

function jaasOptions(jaas: string): ReadonlyMap<string, string> {
  try {
    return parseJaas(jaas, 'sasl.jaas.config').options;
  } catch (error) {
    if (error instanceof KlammError) throw invalidOption(error.message);
    throw error;
  }
}
