// Flags that every command takes, and the environment variables that stand for them: flag before environment.

import { nearest } from '@klamm/base/config';
import type { KafkaOptions } from '@klamm/client/options';
import { parseDuration } from './duration.ts';
import { OUTPUT_FORMATS, type OutputFormat } from './output/rows.ts';
import { usageError } from './usage-error.ts';

export const DEFAULT_BOOTSTRAP = '127.0.0.1:9092';

export interface Globals {
  readonly bootstrap: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Undefined where nobody asked for a format: the command decides. */
  readonly output: OutputFormat | undefined;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean | undefined;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a usage error that names the flag or variable that cannot be understood. */
export function globalsFrom(values: Readonly<Record<string, unknown>>, environment: Environment): Globals {
  const given = (name: string): string | undefined =>
    typeof values[name] === 'string' ? values[name] : nonEmpty(environment[`KLAMM_${name.toUpperCase()}`]);
  const properties = parseProperties(Array.isArray(values.property) ? values.property.map(String) : []);
  const timeout = given('timeout') ?? '10s';
  const timeoutMs = parseDuration(timeout);
  if (timeoutMs === undefined || timeoutMs === 0)
    throw usageError(`--timeout ${timeout}: write it as 500ms, 10s or 1m.`);
  const noColor = values.color === false || isSet(environment.KLAMM_NO_COLOR) || isSet(environment.NO_COLOR);
  return {
    bootstrap: given('bootstrap') ?? properties['bootstrap.servers'] ?? DEFAULT_BOOTSTRAP,
    properties,
    timeoutMs,
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

/** What -X may set, and how a value of it is used. */
const CLIENT_PROPERTIES: Readonly<Record<string, (value: string) => Partial<KafkaOptions>>> = {
  'bootstrap.servers': () => ({}),
  'client.id': (value) => ({ clientId: value }),
  'request.timeout.ms': (value) => ({ requestTimeoutMs: Number(value) }),
  'socket.connection.setup.timeout.ms': (value) => ({ connectionTimeoutMs: Number(value) }),
  'metadata.max.age.ms': (value) => ({ metadataMaxAgeMs: Number(value) }),
};

/** What -X may set for `klamm produce` besides. */
export const PRODUCER_PROPERTIES = [
  'acks',
  'compression.type',
  'linger.ms',
  'batch.size',
  'delivery.timeout.ms',
] as const;

function parseProperties(texts: readonly string[]): Record<string, string> {
  const known = [...Object.keys(CLIENT_PROPERTIES), ...PRODUCER_PROPERTIES];
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

/** The client that the flags describe. */
export function kafkaOptions(globals: Globals): KafkaOptions {
  const timeoutMs = globals.timeoutMs;
  let options: KafkaOptions = {
    brokers: globals.bootstrap,
    clientId: 'klamm-cli',
    connectionTimeoutMs: Math.min(timeoutMs, 10_000),
    retryTimeoutMs: timeoutMs,
  };
  for (const [key, value] of Object.entries(globals.properties)) {
    options = { ...options, ...CLIENT_PROPERTIES[key]?.(value) };
  }
  return options;
}
