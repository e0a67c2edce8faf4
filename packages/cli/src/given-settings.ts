// The settings that a command line gives a broker, for commands that start one or go by its settings.

import { environmentSettings } from '@klamm/broker/config/environment';
import type { SettingEntry } from '@klamm/broker/config/settings';
import { settingsFromFile } from '@klamm/broker/config/sources';
import type { Flags } from './command.ts';
import { splitPair } from './globals.ts';
import { usageError } from './usage-error.ts';

/** Settings from flags, --set, --config and the environment, in order of force. */
export function settingEntries(flags: Flags): SettingEntry[] {
  const entries: SettingEntry[] = [];
  const port = flags.text('port') ?? process.env.KLAMM_PORT;
  const listeners = flags.text('listeners');
  const advertised = flags.text('advertisedListeners');
  const config = flags.text('config');
  if (flags.text('port') !== undefined && listeners !== undefined)
    throw usageError('Give --port or --listeners, not both.');
  if (listeners !== undefined) entries.push({ name: 'listeners', value: listeners, source: '--listeners' });
  else if (port !== undefined) {
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
      throw usageError(`--port ${port}: a number from 0 to 65535 is needed.`);
    entries.push({ name: 'listeners', value: `PLAINTEXT://127.0.0.1:${port}`, source: '--port' });
  }
  if (advertised !== undefined)
    entries.push({ name: 'advertised.listeners', value: advertised, source: '--advertised-listeners' });
  for (const text of flags.list('set')) {
    const { key, value } = splitPair('--set', text);
    entries.push({ name: key, value, source: '--set' });
  }
  if (config !== undefined) entries.push(...settingsFromFile(config));
  return [...entries, ...environmentSettings(process.env, entries)];
}
