// The two clusters of a mirror, as flags name them: each by its brokers, by a profile, or by a file of properties.

import { KlammError } from '@klamm/base/errors';
import { type Logger, lineLogger, silentLogger } from '@klamm/base/logger';
import type { KafkaOptions } from '@klamm/client/options';
import type { Ends } from '@klamm/mirror/ends';
import type { Flags } from './command.ts';
import { connectionOptions, merged, storedProperties } from './connection-properties.ts';
import type { CommandContext } from './context.ts';
import { usageError } from './usage-error.ts';

export const mirrorName = (flags: Flags): string => flags.text('name') ?? 'default';

/**
 * The two clusters, which both answer. The caller closes them.
 *
 * @param isPatient whether a cluster that is away later is tried for as long as the client does by default, instead of
 * for as long as a command takes at most
 */
export async function mirrorEnds(context: CommandContext, flags: Flags, isPatient = false): Promise<Ends> {
  const [source, target] = [await optionsOf(context, flags, 'from'), await optionsOf(context, flags, 'to')];
  const { Ends } = await import('@klamm/mirror/ends');
  const { timeoutMs } = context.globals;
  const limit = { connectionTimeoutMs: Math.min(timeoutMs, 10_000), retryTimeoutMs: timeoutMs };
  const ends = new Ends({ ...source, ...limit }, { ...target, ...limit });
  try {
    await ends.check();
  } catch (error) {
    await ends[Symbol.asyncDispose]();
    throw error;
  }
  if (!isPatient) return ends;
  await ends[Symbol.asyncDispose]();
  return new Ends(source, target);
}

export function loggerOf({ globals }: CommandContext): Logger {
  if (!globals.verbose) return silentLogger;
  return lineLogger('debug', (line) => process.stderr.write(`${line}\n`));
}

async function optionsOf(context: CommandContext, flags: Flags, side: 'from' | 'to'): Promise<KafkaOptions> {
  const place = flags.text(side);
  const file = flags.text(`${side}Config`);
  if (place === undefined && file === undefined) {
    throw usageError(`Which cluster? Give --${side} with its brokers or a profile, or --${side}-config.`);
  }
  const isAddress = place?.includes(':') === true;
  const profile = isAddress ? undefined : place;
  const { properties, warning } =
    profile === undefined && file === undefined
      ? { properties: {}, warning: undefined }
      : await storedProperties({ profile, commandConfig: file }, process.env);
  if (warning !== undefined) context.say(warning);
  const all = isAddress ? merged(properties, { 'bootstrap.servers': String(place) }) : properties;
  const brokers = all['bootstrap.servers'];
  if (brokers === undefined) throw usageError(`--${side}-config ${file} names no bootstrap.servers.`);
  try {
    const { options } = connectionOptions(all);
    return { clientId: 'klamm-mirror', ...options, brokers, logger: loggerOf(context) };
  } catch (error) {
    if (error instanceof KlammError) throw usageError(`--${side}: ${error.message}`);
    throw error;
  }
}
