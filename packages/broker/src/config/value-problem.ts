// What is wrong with the value of a setting beyond its type and limits: texts with a grammar of their own.

import { type ConfigRow, configProblem, listOf } from '@klamm/base/config';
import { messageOf } from '@klamm/base/errors';
import { parseJaas } from '@klamm/protocol/sasl/jaas';

/** Judges a text that has passed the row's type and limits. */
type Judge = (text: string) => string | null;

const JUDGES: Readonly<Record<string, Judge>> = {
  'config.providers': (text) =>
    text.trim() === '' ? null : 'Klamm has none; give values by variables, secrets by those ending in _FILE',
  'klamm.scram.users': jaasProblem,
  match: matchProblem,
  'max.connections.per.ip.overrides': overridesProblem,
  'sasl.jaas.config': jaasProblem,
  'share.auto.offset.reset': (text) =>
    /^(latest|earliest|by_duration:P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)$/i.test(text.trim())
      ? null
      : 'allowed: latest, earliest, or by_duration: and a duration such as P1DT2H',
};

/** What is wrong with `text` as the value of the setting `key`, without the value; null where nothing is. */
export function valueProblem(key: string, row: ConfigRow, text: string): string | null {
  return configProblem(row, text) ?? JUDGES[key]?.(text) ?? null;
}

function jaasProblem(text: string): string | null {
  try {
    parseJaas(text, 'it');
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function overridesProblem(text: string): string | null {
  const bad = listOf(text).find((pair) => !/^[^:\s]+(:[^\s]*)*:\d{1,10}$/.test(pair));
  return bad === undefined ? null : 'allowed: ADDRESS:CONNECTIONS, as in 10.0.0.1:100, with commas between';
}

const MATCHED = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
];

function matchProblem(text: string): string | null {
  const bad = listOf(text).find((pair) => !MATCHED.includes((pair.split('=')[0] ?? '').trim()));
  return bad === undefined ? null : `allowed: NAME=PATTERN, with one of the names ${MATCHED.join(', ')}`;
}
