// `klamm start`: a broker in the foreground. What it says goes to stderr; Ctrl-C and SIGTERM close it in order, a
// second Ctrl-C at once.

import { resolve } from 'node:path';
import { KlammError } from '@klamm/base/errors';
import { LOG_LEVELS, type LogLevel, lineLogger } from '@klamm/base/logger';
import { type Broker, startBroker } from '@klamm/broker/broker';
import type { SettingEntry } from '@klamm/broker/config/settings';
import type { CommandRun, Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { settingEntries } from '../given-settings.ts';
import { DEFAULT_BOOTSTRAP } from '../globals.ts';
import { usageError } from '../usage-error.ts';
import { VERSION } from '../version.ts';

const DEFAULT_DATA = 'klamm-data';

export const start: CommandRun = async (context, _parameters, flags) => {
  const level = logLevel(context, flags);
  const entries = settingEntries(flags);
  const dataDirectory = dataDirectoryOf(flags, entries);
  const topics = flags.list('topic').map(parseTopic);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const { dryRun } = context.globals;
  // Asked for before the broker opens: a signal that comes while it does must not end it halfway.
  const { interrupted } = context;
  const broker = await openBroker({
    // A dry run leaves no file behind: it starts in memory, whatever the settings say.
    entries: dryRun ? entries.filter(({ name }) => !/^log\.dirs?$/.test(name)) : entries,
    logger: lineLogger(level, say),
    ...(dataDirectory === undefined || dryRun ? {} : { dataDirectory }),
  });
  try {
    for (const topic of topics) await broker.createTopic(topic.name, topic.partitions);
    if (dryRun) return context.say('The settings are in order; a broker would start.');
    greet(context, broker);
    if (!interrupted.aborted) {
      await new Promise((resolve) => interrupted.addEventListener('abort', resolve, { once: true }));
    }
    context.say('klamm: closing (Ctrl-C again ends it at once)');
  } finally {
    await broker.close();
  }
  context.say('klamm: closed');
  if (!broker.isOnline) context.hasFailed = true;
};

function logLevel(context: CommandContext, flags: Flags): LogLevel {
  const { quiet, verbose } = context.globals;
  const text = flags.text('logLevel') ?? (quiet ? 'error' : verbose ? 'debug' : 'info');
  const level = LOG_LEVELS.find((name) => name === text);
  if (level === undefined) throw usageError(`--log-level ${text}: allowed are ${LOG_LEVELS.join(', ')}.`);
  return level;
}

/** Starts the broker; names the flag that helps where its address is taken. Bad settings count as bad usage. */
async function openBroker(options: Parameters<typeof startBroker>[0]): Promise<Broker> {
  try {
    return await startBroker(options);
  } catch (error) {
    if (!(error instanceof KlammError)) throw error;
    if (error.code === 'INVALID_CONFIG') throw usageError(error.message);
    if (error.code !== 'EADDRINUSE') throw error;
    throw new KlammError(
      `${error.message}\n  klamm start --port 0 takes any free port, --port 19092 that one.`,
      { code: error.code, retriable: true, cause: error },
    );
  }
}

function dataDirectoryOf(flags: Flags, entries: readonly SettingEntry[]): string | undefined {
  const data = flags.text('data');
  if (flags.on('memory')) {
    if (data !== undefined) throw usageError('Give --data or --memory, not both.');
    return undefined;
  }
  const setting =
    entries.find(({ name }) => name === 'log.dirs') ?? entries.find(({ name }) => name === 'log.dir');
  return resolve(data ?? process.env.KLAMM_DATA ?? setting?.value ?? DEFAULT_DATA);
}

function parseTopic(text: string): { name: string; partitions: number } {
  const match = /^([^:]+)(?::(\d+))?$/.exec(text);
  if (match?.[1] === undefined) throw usageError(`--topic ${text}: write it as name or name:partitions.`);
  return { name: match[1], partitions: Number(match[2] ?? 1) };
}

function greet(context: CommandContext, broker: Broker): void {
  const where = broker.dataDirectory ?? 'in memory only; it is gone when the broker ends';
  const flag = broker.bootstrap === DEFAULT_BOOTSTRAP ? '' : ` -b ${broker.bootstrap}`;
  const addresses = broker.endpoints.map(({ name, host, port }) => `${name}://${host}:${port}`).join(', ');
  context.say(`
  ${context.style('bold', `Klamm ${VERSION} is listening on ${addresses}`)}
  Data: ${where}
  Cluster: ${broker.clusterId}, node ${broker.nodeId}

  Try, in another terminal:
    ${context.style('green', `npx klamm topic create greetings${flag}`)}
    ${context.style('green', `echo hello | npx klamm produce greetings${flag}`)}
    ${context.style('green', `npx klamm consume greetings -o start${flag}`)}

  Ctrl-C closes it.
`);
}
