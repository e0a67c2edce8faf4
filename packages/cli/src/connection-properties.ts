// How a command gets to its cluster, in Kafka's names of clients' properties: -X before --command-config before the
// profile. The client's options are made of them when a client is needed.

import { readFileSync } from 'node:fs';
import { KlammError, messageOf } from '@klamm/base/errors';
import { parseProperties } from '@klamm/base/properties';
import type { KafkaOptions } from '@klamm/client/options';
import { clientOptionsFromProperties, propertyName } from '@klamm/client/security/client-properties';
import { usageError } from './usage-error.ts';

type Properties = Readonly<Record<string, string>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Two files that librdkafka names, and the properties that take what is in them. */
const FILES = {
  'ssl.certificate.location': 'ssl.keystore.certificate.chain',
  'ssl.key.location': 'ssl.keystore.key',
} as const;

/** Properties that the command line takes besides the client's. */
export const OWN_PROPERTIES: readonly string[] = [...Object.keys(FILES), 'sasl.oauthbearer.token'];

/**
 * What --command-config and the profile say. The current profile is not used where the file is named: the file says all,
 * as it does for Kafka's own tools. `warning`: to be told, whatever the command is.
 */
export async function storedProperties(
  flags: { readonly profile?: string | undefined; readonly commandConfig?: string | undefined },
  environment: Environment,
): Promise<{ properties: Record<string, string>; warning: string | undefined }> {
  const { exposure, profileProperties, readProfiles } = await import('./profiles/profile-file.ts');
  const all = await readProfiles(environment);
  const file = flags.commandConfig;
  const name = flags.profile ?? (file === undefined ? all.current : undefined);
  return {
    properties: merged(
      name === undefined ? {} : profileProperties(all, name),
      file === undefined ? {} : fileProperties(file, '--command-config '),
    ),
    warning: name === undefined ? undefined : exposure(all),
  };
}

/** Both, under the names of Java's clients; those of `over` count. */
export function merged(under: Properties, over: Properties): Record<string, string> {
  const named = (properties: Properties): [string, string][] =>
    Object.entries(properties).map(([name, value]) => [propertyName(name), value]);
  const upper = Object.fromEntries(named(over));
  const isOtherLogin = upper['sasl.username'] !== undefined || upper['sasl.password'] !== undefined;
  const lower = named(under).filter(([name]) => !(isOtherLogin && name === 'sasl.jaas.config'));
  return { ...Object.fromEntries(lower), ...upper };
}

/** The properties of a file. Throws a usage error that begins with `what` where it cannot be read. */
export function fileProperties(path: string, what = ''): Record<string, string> {
  const pairs = parseProperties(textOf(path, `${what}${path}`));
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

/**
 * The client's options that the properties stand for, but for the brokers. Throws a usage error where they are not in
 * order. `unused`: those that mean nothing to it.
 */
export function connectionOptions(properties: Properties): {
  options: Partial<KafkaOptions>;
  unused: readonly string[];
} {
  const { 'sasl.oauthbearer.token': token, 'bootstrap.servers': _brokers, ...rest } = properties;
  const given: Record<string, string> = { ...rest };
  for (const [name, into] of Object.entries(FILES)) {
    const path = given[name];
    if (path === undefined) continue;
    delete given[name];
    given[into] = textOf(path, `${name} ${path}`);
  }
  try {
    if (token === undefined || given['sasl.mechanism']?.toUpperCase() !== 'OAUTHBEARER')
      return clientOptionsFromProperties(given);
    const { 'security.protocol': protocol = '', 'sasl.mechanism': _mechanism, ...others } = given;
    const made = clientOptionsFromProperties({
      ...others,
      'security.protocol': protocol.replace('SASL_', ''),
    });
    const sasl = { mechanism: 'oauthbearer', token: () => ({ value: token }) };
    return { ...made, options: { ...made.options, sasl } };
  } catch (error) {
    if (error instanceof KlammError && error.code === 'INVALID_CONFIG') throw usageError(error.message);
    throw error;
  }
}

function textOf(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(`${name} cannot be read: ${messageOf(error)}.`);
  }
}
