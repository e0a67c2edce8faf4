// Settings in environment variables, as the images of Kafka take them: `KAFKA_*` (apache/kafka) and `KAFKA_CFG_*`
// (bitnami/kafka), where `_` stands for a dot, `__` for an underscore, `___` for a dash; and those that stand for
// several settings, which image-variables.ts works out. A secret may be in a file: the variable's name with `_FILE`.
//
// Other programs have variables that begin with KAFKA_ too: what names no setting is left alone, and only what looks
// like a misspelt one is remarked on. KAFKA_CFG_ is of nobody else.

import { nearest } from '@klamm/base/config';
import { messageOf } from '@klamm/base/errors';
import { brokerConfigRow, brokerConfigs, isBrokerConfig } from './broker.ts';
import { foreignMeaning, isImageVariable } from './broker-foreign.ts';
import { type Environment, imageEntries } from './image-variables.ts';
import { unscoped } from './listener-scope.ts';
import type { SettingEntry } from './settings.ts';
import { readSecretFile } from './sources.ts';

/** A word that looks like a variable of ours by chance is shorter. */
const MISSPELT_LENGTH_MIN = 8;
const MISSPELT_LETTERS_MAX = 2;

/**
 * The settings that `environment` gives, those it names first. `given`: settings of sources that win over it, by which
 * it is known, for example, which listeners ask for a login.
 */
export function environmentSettings(
  environment: Environment,
  given: readonly SettingEntry[] = [],
): SettingEntry[] {
  const own: SettingEntry[] = [];
  const variables = Object.keys(environment).filter((variable) => environment[variable] !== undefined);
  for (const prefix of ['KAFKA_CFG_', 'KAFKA_'] as const) {
    for (const variable of variables) {
      if (!variable.startsWith(prefix)) continue;
      if (prefix === 'KAFKA_' && variable.startsWith('KAFKA_CFG_')) continue;
      const entry = entryOf(variable, prefix, environment[variable] ?? '');
      if (entry !== undefined) own.push(entry);
    }
  }
  return [...own, ...imageEntries(environment, [...given, ...own])];
}

function entryOf(variable: string, prefix: string, value: string): SettingEntry | undefined {
  const name = nameOf(variable.slice(prefix.length));
  if (isKnown(name)) return { name, value, source: variable };
  const secret = name.endsWith('.file') ? name.slice(0, -'.file'.length) : '';
  if (isSecret(secret)) return fromFile(secret, variable, value);
  if (isImageVariable(variable)) return { name: variable, value, source: 'environment' };
  // What is none of the tables is refused with the settings, by name.
  if (prefix === 'KAFKA_CFG_') return { name, value, source: variable };
  return misspelt(variable);
}

/** `listener.name.sasl_ssl…` of KAFKA_CFG_LISTENER_NAME_SASL_SSL_…: the one name of a listener with an underscore. */
function nameOf(rest: string): string {
  return rest
    .toLowerCase()
    .replace(/___|__|_/g, (run) => (run === '___' ? '-' : run === '__' ? '_' : '.'))
    .replace(/^(listener\.name\.sasl)\.(ssl|plaintext)\./, '$1_$2.');
}

function isKnown(name: string): boolean {
  const key = unscoped(name) ?? name;
  return isBrokerConfig(key) || foreignMeaning(key) !== undefined;
}

function isSecret(name: string): boolean {
  const key = unscoped(name) ?? name;
  return isBrokerConfig(key) && brokerConfigRow(key).type === 'password';
}

function fromFile(name: string, variable: string, path: string): SettingEntry {
  try {
    return { name, value: readSecretFile(path, variable), source: variable };
  } catch (error) {
    return { name, value: '', source: variable, problem: messageOf(error) };
  }
}

function misspelt(variable: string): SettingEntry | undefined {
  if (variable.length < 'KAFKA_'.length + MISSPELT_LENGTH_MIN) return undefined;
  const known = Object.keys(brokerConfigs).map(variableOf);
  const meant = nearest(variable, known);
  if (meant === undefined || lettersApart(variable, meant) > MISSPELT_LETTERS_MAX) return undefined;
  const remark = `The variable ${variable} names no setting of Kafka's; was ${meant} meant?`;
  return { name: variable, value: '', source: 'environment', remark };
}

const variableOf = (name: string): string =>
  `KAFKA_${name.replace(/_/g, '__').replace(/-/g, '___').replace(/\./g, '_').toUpperCase()}`;

/** Letters that are in the one and not in the other, at least. */
function lettersApart(a: string, b: string): number {
  let rest = b;
  let extra = 0;
  for (const letter of a) {
    const at = rest.indexOf(letter);
    if (at < 0) extra++;
    else rest = rest.slice(0, at) + rest.slice(at + 1);
  }
  return Math.max(extra, rest.length);
}
