// Settings of Kafka's resources, as commands show and change them: topics', brokers', groups'.

import { nearest } from '@klamm/base/config';
import type { ConfigEntry } from '@klamm/client/admin/configs';
import type { CommandContext } from './context.ts';
import { usageError } from './usage-error.ts';

/** New values by name; null takes a setting back to what holds without it. */
export type SettingChanges = Readonly<Record<string, string | null>>;

const COLUMNS = [
  { key: 'setting', title: 'SETTING' },
  { key: 'value', title: 'VALUE' },
  { key: 'source', title: 'SET BY' },
  { key: 'documentation', title: 'MEANING', isWide: true },
];
const HIDDEN = '(hidden)';

export async function showSettings(
  context: CommandContext,
  entries: readonly ConfigEntry[],
  nothing: string,
): Promise<void> {
  const rows = entries.map(({ name, value, source, isSensitive, documentation }) => ({
    setting: name,
    value: isSensitive && value === null ? HIDDEN : value,
    source,
    documentation,
  }));
  await context.rows(COLUMNS, rows, nothing);
}

/** Throws a usage error where nothing is changed, or a name is none of `known`. `whose`: "a topic". */
export function checkChanges(changes: SettingChanges, known: readonly string[], whose: string): void {
  for (const key of Object.keys(changes)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    throw usageError(
      `${key}: ${whose} has no such setting.${near === undefined ? '' : ` Did you mean ${near}?`}`,
    );
  }
}

/** One line for each change; values of `secrets` stay untold. */
export function sayChanges(
  context: CommandContext,
  whose: string,
  changes: SettingChanges,
  secrets: ReadonlySet<string> = new Set(),
): void {
  for (const [key, value] of Object.entries(changes)) {
    const now = value === null ? `${key} back to its default` : `${key}=${secrets.has(key) ? HIDDEN : value}`;
    context.say(context.globals.dryRun ? `${whose}: ${now} is possible.` : `${whose}: ${now}`);
  }
}
