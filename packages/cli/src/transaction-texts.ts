// Times and spans of transactions, as `klamm txn` reads and shows them.

import type { Flags } from './command.ts';
import { parseDuration } from './duration.ts';
import { usageError } from './usage-error.ts';

/** A span of time in ms; undefined where the flag is not given. `shown` is the flag as typed. */
export function durationOf(flags: Flags, name: string, shown: string): number | undefined {
  const text = flags.text(name);
  if (text === undefined) return undefined;
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) return durationMs;
  throw usageError(`${shown} ${text}: write it as 90s, 20m or 2h.`);
}

/** As ISO 8601 has it; null where there is none. */
export function timeText(timestampMs: number | null): string | null {
  const time = timestampMs === null ? undefined : new Date(timestampMs);
  // A producer may have written a timestamp beyond the years that a Date knows.
  return time === undefined || Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/** As people say it: the two largest units, of which the second may be left out. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  const parts = [
    [days, 'd'],
    [hours, 'h'],
    [minutes, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return `${Math.max(0, Math.round(ms))} ms`;
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
