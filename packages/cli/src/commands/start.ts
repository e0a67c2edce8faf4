// `klamm start`: a broker in the foreground. What it says goes to stderr; Ctrl-C and SIGTERM close it in order, a
// second Ctrl-C at once.

import { resolve } from 'node:path';
import { LOG_LEVELS, type LogLevel, lineLogger } from '@klamm/base/logger';
import { type Broker, startBroker } from '@klamm/broker/broker';
import type { SettingEntry } from '@klamm/broker/config/settings';
import { settingsFromEnvironment, settingsFromFile } from '@klamm/broker/config/sources';
import { usageError } from '../usage-error.ts';

export interface StartOptions {
  readonly data?: string;
  readonly memory?: boolean;
  readonly listeners?: string;
  readonly advertisedListeners?: string;
  readonly port?: string;
  readonly config?: string;
  readonly set: readonly string[];
  readonly topic: readonly string[];
  readonly logLevel: string;
}

const DEFAULT_DATA = 'klamm-data';
/** Interrupted twice, as a shell reports it: 128 and the number of SIGINT. */
const EXIT_INTERRUPTED = 130;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

export async function start(options: StartOptions): Promise<number> {
  const level = LOG_LEVELS.find((name) => name === options.logLevel);
  if (level === undefined)
    throw usageError(`--log-level ${options.logLevel}: allowed are ${LOG_LEVELS.join(', ')}.`);
  const entries = settingEntries(options);
  const dataDirectory = dataDirectoryOf(options, entries);
  const topics = options.topic.map(parseTopic);
  const stopping = interruption();
  const broker = await startBroker({
    entries,
    logger: lineLogger(level satisfies LogLevel, say),
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
  });
  for (const topic of topics) await broker.createTopic(topic.name, topic.partitions);
  greet(broker, level);
  await stopping;
  say('klamm: closing (Ctrl-C again ends it at once)');
  await broker.close();
  say('klamm: closed');
  return broker.isOnline ? 0 : 1;
}

/** Settings from flags, --set, --config and the environment, in order of force. */
function settingEntries(options: StartOptions): SettingEntry[] {
  const entries: SettingEntry[] = [];
  if (options.port !== undefined) {
    if (!/^\d{1,5}$/.test(options.port))
      throw usageError(`--port ${options.port}: a number from 0 to 65535 is needed.`);
    if (options.listeners !== undefined) throw usageError('Give --port or --listeners, not both.');
    entries.push({ name: 'listeners', value: `PLAINTEXT://127.0.0.1:${options.port}`, source: '--port' });
  }
  if (options.listeners !== undefined)
    entries.push({ name: 'listeners', value: options.listeners, source: '--listeners' });
  if (options.advertisedListeners !== undefined) {
    entries.push({
      name: 'advertised.listeners',
      value: options.advertisedListeners,
      source: '--advertised-listeners',
    });
  }
  for (const text of options.set) {
    const equals = text.indexOf('=');
    if (equals <= 0) throw usageError(`--set ${text}: write it as key=value.`);
    entries.push({ name: text.slice(0, equals).trim(), value: text.slice(equals + 1), source: '--set' });
  }
  if (options.config !== undefined) entries.push(...settingsFromFile(options.config));
  return [...entries, ...settingsFromEnvironment(process.env)];
}

function dataDirectoryOf(options: StartOptions, entries: readonly SettingEntry[]): string | undefined {
  if (options.memory === true) {
    if (options.data !== undefined) throw usageError('Give --data or --memory, not both.');
    return undefined;
  }
  if (options.data !== undefined) return resolve(options.data);
  const setting =
    entries.find(({ name }) => name === 'log.dirs') ?? entries.find(({ name }) => name === 'log.dir');
  return resolve(setting?.value ?? DEFAULT_DATA);
}

function parseTopic(text: string): { name: string; partitions: number } {
  const match = /^([^:]+)(?::(\d+))?$/.exec(text);
  if (match?.[1] === undefined) throw usageError(`--topic ${text}: write it as name or name:partitions.`);
  return { name: match[1], partitions: Number(match[2] ?? 1) };
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process. */
function interruption(): Promise<void> {
  return new Promise((stop) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(EXIT_INTERRUPTED);
      asked = true;
      stop();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

function greet(broker: Broker, level: LogLevel): void {
  if (level === 'silent') return;
  const where = broker.dataDirectory ?? 'in memory only; it is gone when the broker ends';
  const flag = broker.bootstrap === '127.0.0.1:9092' ? '' : ` -b ${broker.bootstrap}`;
  say(`
  Klamm is listening on ${broker.endpoints.map(({ name, host, port }) => `${name}://${host}:${port}`).join(', ')}
  Data: ${where}
  Cluster: ${broker.clusterId}, node ${broker.nodeId}

  Try, in another terminal:
    npx klamm topic create greetings${flag}
    echo hello | npx klamm produce greetings${flag}
    npx klamm consume greetings -o start${flag}

  Ctrl-C closes it.
`);
}
