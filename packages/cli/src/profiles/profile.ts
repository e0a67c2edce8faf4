// A profile: a cluster with the way to log in to it, under a name. Its fields as a table, from which it is checked, and
// becomes properties as Kafka's clients name them. Where profiles are kept is not known here.

import { nearest } from '@klamm/base/config';
import { usageError } from '../usage-error.ts';

/** As TOML has it. A secret `x` may be given as `x`, or by where it is: `x_file`, `x_env`. */
export interface Profile {
  readonly bootstrap?: string;
  /** There, be it empty, where TLS is spoken. */
  readonly tls?: Readonly<Record<string, string | boolean>>;
  readonly sasl?: Readonly<Record<string, string>>;
  /** Other properties of clients, as `client.id`. */
  readonly properties?: Readonly<Record<string, string>>;
}

interface Field {
  readonly property: string;
  readonly kind: 'text' | 'path' | 'secret' | 'boolean';
}

const TLS: Readonly<Record<string, Field>> = {
  ca: { property: 'ssl.truststore.location', kind: 'path' },
  truststore: { property: 'ssl.truststore.location', kind: 'path' },
  truststore_password: { property: 'ssl.truststore.password', kind: 'secret' },
  keystore: { property: 'ssl.keystore.location', kind: 'path' },
  keystore_password: { property: 'ssl.keystore.password', kind: 'secret' },
  cert: { property: 'ssl.certificate.location', kind: 'path' },
  key: { property: 'ssl.key.location', kind: 'path' },
  key_password: { property: 'ssl.key.password', kind: 'secret' },
  verify: { property: 'enable.ssl.certificate.verification', kind: 'boolean' },
};

const SASL: Readonly<Record<string, Field>> = {
  mechanism: { property: 'sasl.mechanism', kind: 'text' },
  username: { property: 'sasl.username', kind: 'text' },
  password: { property: 'sasl.password', kind: 'secret' },
  token: { property: 'sasl.oauthbearer.token', kind: 'secret' },
};

const PARTS = { tls: TLS, sasl: SASL } as const;
const TOP = ['bootstrap', 'tls', 'sasl', 'properties'];

/** Where a secret, or a file, is to be had; `name` begins an error about it. */
export interface SecretReader {
  file(path: string, name: string): string;
  variable(variable: string, name: string): string;
  /** Where a path that is not absolute leads to. */
  path(path: string): string;
}

/** Checks what TOML gave. Throws a usage error that names the field, not its value. */
export function checkedProfile(value: unknown, where: string): Profile {
  if (!isTable(value)) throw usageError(`${where} is no table.`);
  for (const name of Object.keys(value)) known(name, TOP, where);
  if (value.bootstrap !== undefined && typeof value.bootstrap !== 'string')
    throw usageError(`${where}: bootstrap has to be a text, as "host:9092".`);
  for (const part of ['tls', 'sasl'] as const) {
    const table = value[part];
    if (table === undefined) continue;
    if (!isTable(table)) throw usageError(`${where}.${part} is no table.`);
    for (const [name, field] of Object.entries(table)) {
      const { kind } = fieldOf(part, known(name, fieldNames(part), `${where}.${part}`));
      const type = kind === 'boolean' ? 'boolean' : 'string';
      if (typeof field !== type)
        throw usageError(
          `${where}.${part}: ${name} has to be a ${type === 'string' ? 'text' : 'true or false'}.`,
        );
    }
  }
  if (value.properties !== undefined && !isTable(value.properties))
    throw usageError(`${where}.properties is no table.`);
  return value as Profile;
}

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function known(name: string, names: readonly string[], where: string): string {
  if (names.includes(name)) return name;
  const near = nearest(name, names);
  throw usageError(
    `${where}: there is no ${name}${near === undefined ? `; there are ${names.join(', ')}` : `; did you mean ${near}?`}`,
  );
}

function fieldNames(part: 'tls' | 'sasl'): string[] {
  return Object.entries(PARTS[part]).flatMap(([name, { kind }]) =>
    kind === 'secret' ? [name, `${name}_file`, `${name}_env`] : [name],
  );
}

function fieldOf(part: 'tls' | 'sasl', name: string): Field {
  const field = PARTS[part][name];
  // `password_file` and `password_env` are texts that say where it is.
  return field ?? { property: '', kind: 'text' };
}

/** The properties that a profile stands for, secrets included. Throws a usage error where a secret is not to be had. */
export function propertiesOf(profile: Profile, name: string, reader: SecretReader): Record<string, string> {
  const properties: Record<string, string> = {};
  if (profile.bootstrap !== undefined) properties['bootstrap.servers'] = profile.bootstrap;
  const login = profile.sasl === undefined ? '' : 'SASL_';
  properties['security.protocol'] = profile.tls === undefined ? `${login || ''}PLAINTEXT` : `${login}SSL`;
  for (const part of ['tls', 'sasl'] as const) {
    const table = profile[part] ?? {};
    for (const [field, { property, kind }] of Object.entries(PARTS[part])) {
      const value = kind === 'secret' ? secretOf(table, field, name, part, reader) : table[field];
      if (value !== undefined)
        properties[property] = kind === 'path' ? reader.path(String(value)) : String(value);
    }
  }
  return { ...properties, ...profile.properties };
}

function secretOf(
  table: Readonly<Record<string, string | boolean>>,
  field: string,
  name: string,
  part: string,
  reader: SecretReader,
): string | undefined {
  const file = table[`${field}_file`];
  const variable = table[`${field}_env`];
  const where = (suffix: string): string => `profile ${name}: ${part}.${field}_${suffix}`;
  if (typeof file === 'string') return reader.file(file, `${where('file')} ${file}`);
  if (typeof variable === 'string') return reader.variable(variable, `${where('env')} ${variable}`);
  const value = table[field];
  return value === undefined ? undefined : String(value);
}

/** Fields that hold a secret itself, as `sasl.password`. */
export function plainSecrets(profile: Profile): string[] {
  return (['tls', 'sasl'] as const).flatMap((part) =>
    Object.entries(PARTS[part]).flatMap(([field, { kind }]) =>
      kind === 'secret' && profile[part]?.[field] !== undefined ? [`${part}.${field}`] : [],
    ),
  );
}

/** The same without the secrets, for people and logs. */
export function shownProfile(profile: Profile, isSecretProperty: (name: string) => boolean): Profile {
  const hide = <T extends string | boolean>(part: 'tls' | 'sasl', table: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(table).map(([field, value]) => [
        field,
        PARTS[part][field]?.kind === 'secret' ? '[hidden]' : value,
      ]),
    );
  return {
    ...(profile.bootstrap === undefined ? {} : { bootstrap: profile.bootstrap }),
    ...(profile.tls === undefined
      ? {}
      : { tls: hide('tls', profile.tls) as Record<string, string | boolean> }),
    ...(profile.sasl === undefined ? {} : { sasl: hide('sasl', profile.sasl) as Record<string, string> }),
    ...(profile.properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(profile.properties).map(([key, value]) => [
              key,
              isSecretProperty(key) ? '[hidden]' : value,
            ]),
          ),
        }),
  };
}

/**
 * A profile made of properties of Java's clients, or of librdkafka. `jaas` reads their login settings, `path` makes a
 * path absolute.
 */
export function profileOf(
  properties: Readonly<Record<string, string>>,
  jaas: (text: string) => ReadonlyMap<string, string>,
  path: (path: string) => string,
): Profile {
  const rest = new Map(Object.entries(properties));
  const take = (...names: string[]): string | undefined => {
    const found = names.map((name) => rest.get(name)).find((value) => value !== undefined);
    for (const name of names) rest.delete(name);
    return found;
  };
  const bootstrap = take('bootstrap.servers', 'metadata.broker.list');
  const protocol = (take('security.protocol') ?? 'PLAINTEXT').toUpperCase();
  const mechanism = take('sasl.mechanism', 'sasl.mechanisms') ?? 'GSSAPI';
  const text = take('sasl.jaas.config');
  const options = text === undefined ? new Map<string, string>() : jaas(text);
  const username = options.get('username') ?? take('sasl.username');
  const password = options.get('password') ?? take('sasl.password');
  const tls: Record<string, string | boolean> = {};
  for (const [field, { property, kind }] of Object.entries(TLS)) {
    const value =
      property === 'ssl.truststore.location' && field === 'ca' ? take('ssl.ca.location') : take(property);
    if (value !== undefined)
      tls[field] = kind === 'boolean' ? value !== 'false' : kind === 'path' ? path(value) : value;
  }
  const sasl = {
    mechanism,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
  return {
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(protocol.endsWith('SSL') ? { tls } : {}),
    ...(protocol.startsWith('SASL_') ? { sasl } : {}),
    ...(rest.size === 0 ? {} : { properties: Object.fromEntries(rest) }),
  };
}
