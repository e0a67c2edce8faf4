// Settings as data: one row per key says its type, default, limits and meaning, and everything else (parsing,
// answers to DescribeConfigs, documentation) is read from the row.

/** Types as Kafka's ConfigDef has them. A `long` beyond 2^53 stands for "no limit" and need not be exact. */
export type ConfigType =
  | 'boolean'
  | 'short'
  | 'int'
  | 'long'
  | 'double'
  | 'string'
  | 'list'
  | 'password'
  | 'class';

export interface ConfigRow {
  readonly type: ConfigType;
  /** As Kafka writes it; null where the key has none. */
  readonly default: string | null;
  readonly min?: number;
  readonly max?: number;
  /** Allowed words; for a list, of each of its members. */
  readonly oneOf?: readonly string[];
  /** True where those words may be written in capitals or small letters. */
  readonly anyCase?: boolean;
  /** True where an empty text or list is refused. */
  readonly nonEmpty?: boolean;
  /** A number allowed although it is out of limits. */
  readonly also?: number;
  /** What it does: one sentence. */
  readonly doc: string;
  /** Where it may be altered while the broker runs: for one broker only, or for all of them too. */
  readonly dynamic?: 'per-broker' | 'cluster-wide';
  /** True where Klamm knows the key but does not act on it. */
  readonly inert?: boolean;
}

export type ConfigTable = Readonly<Record<string, ConfigRow>>;

const LIMITS: Partial<Record<ConfigType, readonly [number, number]>> = {
  short: [-(2 ** 15), 2 ** 15 - 1],
  int: [-(2 ** 31), 2 ** 31 - 1],
  long: [-(2 ** 63), 2 ** 63],
};

/** What is wrong with `text` as a value of the row: what is allowed instead, without the value; null where nothing is. */
export function configProblem(row: ConfigRow, text: string): string | null {
  const value = text.trim();
  if (row.nonEmpty === true && value === '') return 'it may not be empty';
  switch (row.type) {
    case 'boolean': {
      const words = row.oneOf ?? ['true', 'false'];
      return words.includes(value.toLowerCase()) ? null : `allowed: ${words.join(', ')}`;
    }
    case 'short':
    case 'int':
    case 'long':
    case 'double':
      return numberProblem(row, value);
    case 'list': {
      const bad = listOf(value).find((word) => !isAllowed(row, word));
      return bad === undefined ? null : `"${bad}" is none of: ${row.oneOf?.join(', ')}`;
    }
    default:
      return isAllowed(row, value) ? null : `allowed: ${row.oneOf?.join(', ')}`;
  }
}

function isAllowed({ oneOf, anyCase }: ConfigRow, word: string): boolean {
  if (oneOf === undefined || oneOf.includes(word)) return true;
  return anyCase === true && oneOf.some((allowed) => allowed.toLowerCase() === word.toLowerCase());
}

function numberProblem(row: ConfigRow, value: string): string | null {
  const pattern = row.type === 'double' ? /^-?(\d+(\.\d*)?|\.\d+)(e-?\d+)?$/i : /^-?\d+$/;
  const number = Number(value);
  const [low, high] = LIMITS[row.type] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const min = Math.max(low, row.min ?? low);
  const max = Math.min(high, row.max ?? high);
  if (pattern.test(value) && ((number >= min && number <= max) || number === row.also)) return null;
  const kind = row.type === 'double' ? 'a number' : 'a whole number';
  const upper = row.max === undefined ? '' : ` and at most ${row.max}`;
  const limits = row.min === undefined ? upper : `, at least ${row.min}${upper}`;
  return `allowed: ${kind}${limits}${row.also === undefined ? '' : `, or ${row.also}`}`;
}

/** The members of a comma-separated list. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** The known word nearest to `word`, for "did you mean"; undefined where none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  // In a word of four letters, two changes make another word.
  let bestDistance = (word.length <= 4 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  for (const candidate of known) {
    const distance = editDistance(word, candidate, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Letters changed, left out, added or swapped with the next; anything at or above `limit` is given as `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) distance = Math.min(distance, (beforePrevious[j - 2] ?? 0) + 1);
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return Math.min(previous[b.length] ?? limit, limit);
}
