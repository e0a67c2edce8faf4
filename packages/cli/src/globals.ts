// Flags that every command takes, and the environment variables that stand for them: flag before environment, and that
// before what a file of properties and the profile say.

import { nearest } from '@klamm/base/config';
import { CLIENT_PROPERTIES, SECRET_PROPERTIES } from '@klamm/client/security/client-properties';
import { merged, OWN_PROPERTIES } from './connection-properties.ts';
import { parseDuration } from './duration.ts';
import { OUTPUT_FORMATS, type OutputFormat } from './output/rows.ts';
import { usageError } from './usage-error.ts';

export const DEFAULT_BOOTSTRAP = '127.0.0.1:9092';
const DEFAULT_TIMEOUT = '10s';
/** A broker that died is missed after 9 s (broker.session.timeout.ms), and what it led is elsewhere some seconds later. */
const PATIENCE_MS = 60_000;

export interface Globals {
  readonly bootstrap: string;
  /** The command line itself says which cluster is meant, so it is one that is meant. */
  readonly isClusterNamed: boolean;
  /** Of the client and the producer, by Kafka's names; secrets are among them. */
  readonly properties: Readonly<Record<string, string>>;
  /** Secrets that stand in a flag, where everybody on the machine may see them. */
  readonly exposed: readonly string[];
  readonly timeoutMs: number;
  /** How long work that has begun goes on through failures: --timeout, or long enough for another node to take over. */
  readonly patienceMs: number;
  /** Undefined where nobody asked for a format: the command decides. */
  readonly output: OutputFormat | undefined;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean | undefined;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The flag's value, or that of its variable: `commandConfig` is KLAMM_COMMAND_CONFIG. */
export function givenBy(
  values: Readonly<Record<string, unknown>>,
  environment: Environment,
  name: string,
): string | undefined {
  const variable = `KLAMM_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
  return typeof values[name] === 'string' ? values[name] : nonEmpty(environment[variable]);
}

/**
 * Throws a usage error that names the flag or variable that cannot be understood.
 *
 * @param stored properties of a file and of the profile
 */
export function globalsFrom(
  values: Readonly<Record<string, unknown>>,
  environment: Environment,
  stored: Readonly<Record<string, string>> = {},
): Globals {
  const given = (name: string): string | undefined => givenBy(values, environment, name);
  const flagged = parseFlagged(Array.isArray(values.property) ? values.property.map(String) : []);
  const properties = merged(stored, flagged);
  const timeout = given('timeout') ?? DEFAULT_TIMEOUT;
  const timeoutMs = parseDuration(timeout);
  if (timeoutMs === undefined || timeoutMs === 0)
    throw usageError(`--timeout ${timeout}: write it as 500ms, 10s or 1m.`);
  const noColor = values.color === false || isSet(environment.KLAMM_NO_COLOR) || isSet(environment.NO_COLOR);
  return {
    bootstrap: given('bootstrap') ?? properties['bootstrap.servers'] ?? DEFAULT_BOOTSTRAP,
    isClusterNamed: typeof values.bootstrap === 'string' || typeof values.profile === 'string',
    properties,
    exposed: Object.keys(flagged).filter((name) => SECRET_PROPERTIES.includes(name)),
    timeoutMs,
    patienceMs: given('timeout') === undefined ? PATIENCE_MS : timeoutMs,
    output: outputFormat(given('output')),
    quiet: values.quiet === true || isSet(environment.KLAMM_QUIET),
    verbose: values.verbose === true || isSet(environment.KLAMM_VERBOSE),
    color: noColor ? false : undefined,
    yes: values.yes === true || isSet(environment.KLAMM_YES),
    dryRun: values.dryRun === true,
  };
}

/** `KLAMM_BOOTSTRAP=` in a shell means: none. */
const nonEmpty = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== '0';

function outputFormat(text: string | undefined): OutputFormat | undefined {
  if (text === undefined) return undefined;
  const format = OUTPUT_FORMATS.find((name) => name === text);
  if (format === undefined) throw usageError(`--output ${text}: allowed are ${OUTPUT_FORMATS.join(', ')}.`);
  return format;
}

/** What -X may set for `klamm produce` besides. */
const PRODUCER_PROPERTIES = [
  'acks',
  'compression.type',
  'linger.ms',
  'batch.size',
  'delivery.timeout.ms',
] as const;

function parseFlagged(texts: readonly string[]): Record<string, string> {
  const known = [...CLIENT_PROPERTIES, ...PRODUCER_PROPERTIES, ...OWN_PROPERTIES];
  const properties: Record<string, string> = {};
  for (const text of texts) {
    const { key, value } = splitPair('-X', text);
    if (!known.includes(key)) {
      const near = nearest(key, known);
      throw usageError(
        `-X ${key}: no such property${near === undefined ? `. There are ${known.join(', ')}.` : `; did you mean ${near}?`}`,
      );
    }
    if (/\.ms$|\.size$/.test(key) && !/^\d+$/.test(value))
      throw usageError(`-X ${text}: a whole number is needed.`);
    properties[key] = value;
  }
  return properties;
}

/** The parts of `key=value`. Throws a usage error where it is none. */
export function splitPair(flag: string, text: string): { key: string; value: string } {
  const equals = text.indexOf('=');
  if (equals <= 0) throw usageError(`${flag} ${text}: write it as key=value.`);
  return { key: text.slice(0, equals).trim(), value: text.slice(equals + 1) };
}
