// Where to start and stop reading, as people write it for kcat and for rpk. Pure: `now` is given.
//
// One position: `start`, `end`, `47`, `+2` (after the start), `-3` (before the end), `@TIME`. Two with a colon between
// them: from the first until before the second. kcat's `s@TIME` and `e@TIME` are the two halves of such a pair.

import { parseDuration } from '../duration.ts';
import { usageError } from '../usage-error.ts';

export type Position =
  | { readonly kind: 'start'; readonly plus: number }
  | { readonly kind: 'end'; readonly minus: number }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly timestampMs: number };

/** Records from `from` (the first) until before `until` (the last follows it); undefined: without end. */
export interface Span {
  readonly from: Position;
  readonly until: Position | undefined;
}

const START: Position = { kind: 'start', plus: 0 };
const END: Position = { kind: 'end', minus: 0 };
const WORDS = new Map<string, Position>([
  ...['start', 'beginning', 'earliest', 'oldest'].map((word) => [word, START] as const),
  ...['end', 'latest', 'newest'].map((word) => [word, END] as const),
]);

export const POSITION_GRAMMAR = `Where to start (-o, --offset), as kcat and rpk write it:
  start, end          the oldest record kept; only what comes from now on
  47                  this offset
  +2, -3              two after the start, three before the end
  @-1h, @1731000000   a time: so long ago, or seconds (10 digits) or milliseconds since 1970
  @2026-11-02T08:00Z  a time as ISO 8601 has it
  A:B                 from A until before B or the end, then stop; @-2h:@-1h, 10:20, :end`;

/** Throws a usage error that repeats the grammar. `shown` is the flag as typed. */
export function parseSpan(texts: readonly string[], nowMs: number, shown = '-o'): Span {
  let from: Position | undefined;
  let until: Position | undefined;
  for (const text of texts) {
    const [, half, time] = /^([se])(@.+)$/.exec(text) ?? [];
    const span = time === undefined ? spanOf(text, nowMs) : halfSpan(half, parsePosition(time, nowMs));
    if (span === undefined)
      throw usageError(`${shown} ${text}: no such place in a topic.\n\n${POSITION_GRAMMAR}`);
    from = span.from ?? from;
    until = span.until ?? until;
  }
  return { from: from ?? (until === undefined ? END : START), until };
}

interface HalfSpan {
  readonly from: Position | undefined;
  readonly until: Position | undefined;
}

function halfSpan(half: string | undefined, position: Position | undefined): HalfSpan | undefined {
  if (position === undefined) return undefined;
  return half === 's' ? { from: position, until: undefined } : { from: undefined, until: position };
}

function spanOf(text: string, nowMs: number): HalfSpan | undefined {
  const whole = parsePosition(text, nowMs);
  if (whole !== undefined) return { from: whole, until: undefined };
  // A time has colons of its own, so each colon is tried as the one between two positions.
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
    const from = at === 0 ? START : parsePosition(text.slice(0, at), nowMs);
    const until = at === text.length - 1 ? END : parsePosition(text.slice(at + 1), nowMs);
    if (from !== undefined && until !== undefined && text !== ':') return { from, until };
  }
  return undefined;
}

function parsePosition(text: string, nowMs: number): Position | undefined {
  const word = WORDS.get(text.toLowerCase());
  if (word !== undefined) return word;
  if (text.startsWith('@')) {
    const timestampMs = parseTime(text.slice(1), nowMs);
    return timestampMs === undefined ? undefined : { kind: 'time', timestampMs };
  }
  const [, sign, digits] = /^([+-]?)(\d+)$/.exec(text) ?? [];
  const count = Number(digits);
  if (digits === undefined || !Number.isSafeInteger(count)) return undefined;
  if (sign === '+') return { kind: 'start', plus: count };
  return sign === '-' ? { kind: 'end', minus: count } : { kind: 'offset', offset: count };
}

/** Milliseconds since 1970; undefined where `text` is no time. */
function parseTime(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs;
  if (text.startsWith('-')) {
    const agoMs = parseDuration(text.slice(1));
    return agoMs === undefined ? undefined : nowMs - agoMs;
  }
  if (/^\d+$/.test(text)) {
    const count = Number(text);
    // kcat takes milliseconds, rpk both; ten digits are seconds until the year 2286.
    return text.length === 10 ? count * 1000 : Number.isSafeInteger(count) ? count : undefined;
  }
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text))
    return undefined;
  const timestampMs = Date.parse(text);
  return Number.isNaN(timestampMs) ? undefined : timestampMs;
}
