// The settings a broker runs with: values from several sources, checked against the tables, the first that names a
// key wins. Everything wrong is reported at once, each with key, value, source and what is allowed.
//
// What was set while the broker runs is in the metadata log and wins over all of these: the catalog lays it over them
// (`overlay`), so that whoever reads a value here reads the one in force. `entry` says what the broker was started with.

import { type ConfigRow, nearest } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import { type BrokerConfigName, brokerConfigRow, brokerConfigs, isBrokerConfig } from './broker.ts';
import { foreignMeaning } from './broker-foreign.ts';
import { type ListenerConfigName, unscoped } from './listener-scope.ts';
import { problemsTogether } from './settings-together.ts';
import { valueProblem } from './value-problem.ts';

/** One `key=value` and where it was said: `server.properties:12`, `--set`, `KAFKA_LISTENERS`. */
export interface SettingEntry {
  readonly name: string;
  readonly value: string;
  readonly source: string;
  /** Why there is no value: a file that cannot be read, say. The broker does not start. */
  readonly problem?: string;
  /** To be said at start, of what is no setting but may have been meant as one. */
  readonly remark?: string;
}

const SECRET = '[hidden]';

export class BrokerSettings {
  readonly #entries: ReadonlyMap<string, SettingEntry>;
  /** Keys that were given but have no effect, for one line at start. */
  readonly inert: readonly SettingEntry[];
  /** What else is to be said at start, a sentence each. */
  readonly remarks: readonly string[];
  #dynamic: (name: string) => string | undefined = () => undefined;

  private constructor(
    entries: ReadonlyMap<string, SettingEntry>,
    inert: readonly SettingEntry[],
    remarks: readonly string[],
  ) {
    this.#entries = entries;
    this.inert = inert;
    this.remarks = remarks;
  }

  /** Throws KlammError INVALID_CONFIG that lists all problems. `entries`: earlier ones win. */
  static from(entries: readonly SettingEntry[]): BrokerSettings {
    const chosen = new Map<string, SettingEntry>();
    const inert: SettingEntry[] = [];
    const problems: string[] = [];
    const remarks: string[] = [];
    for (const entry of entries) {
      if (entry.remark !== undefined) remarks.push(entry.remark);
      if (entry.remark !== undefined || chosen.has(entry.name)) continue;
      chosen.set(entry.name, entry);
      const problem = problemOf(entry);
      if (problem !== null) problems.push(problem);
      else if (isInert(unscoped(entry.name) ?? entry.name)) inert.push(entry);
    }
    problems.push(...nodeIdProblems(chosen));
    const settings = new BrokerSettings(chosen, inert, remarks);
    // Values that are wrong by themselves need not be held against each other.
    if (problems.length === 0) problems.push(...problemsTogether(settings));
    if (problems.length > 0) {
      throw new KlammError(`The settings are not in order:\n  ${problems.join('\n  ')}`, {
        code: 'INVALID_CONFIG',
        errorCode: 40,
        retriable: false,
      });
    }
    return settings;
  }

  /** From now on, what `dynamic` gives for a key holds instead of what the broker was started with. */
  overlay(dynamic: (name: string) => string | undefined): void {
    this.#dynamic = dynamic;
  }

  /** As these settings would be with `dynamic` laid over them, for judging a change before it is made. */
  with(dynamic: (name: string) => string | undefined): BrokerSettings {
    const settings = new BrokerSettings(this.#entries, this.inert, this.remarks);
    settings.overlay(dynamic);
    return settings;
  }

  /** What the broker was started with for a key; undefined where nothing was given. */
  entry(name: string): SettingEntry | undefined {
    return this.#entries.get(name);
  }

  /** All that the broker was started with, of each key what counts. */
  get given(): readonly SettingEntry[] {
    return [...this.#entries.values()];
  }

  /** Names of listeners' own settings that the broker was started with. */
  get scopedNames(): string[] {
    return [...this.#entries.keys()].filter((name) => unscoped(name) !== undefined);
  }

  #given(name: string): string | undefined {
    return this.#dynamic(name) ?? this.#entries.get(name)?.value.trim();
  }

  /** The value in force as text; undefined where nothing was given and there is no default. */
  optional(name: BrokerConfigName): string | undefined {
    const row: ConfigRow = brokerConfigRow(name);
    return this.#given(name) ?? row.default ?? undefined;
  }

  text(name: BrokerConfigName): string {
    return this.optional(name) ?? '';
  }

  /**
   * The value for one listener, and one SASL mechanism of it: what `listener.name.LISTENER.MECHANISM.KEY` says, else
   * `listener.name.LISTENER.KEY`, else the key itself, else its default.
   */
  forListener(listener: string, name: ListenerConfigName, mechanism?: string): string | undefined {
    const prefix = `listener.name.${listener.toLowerCase()}.`;
    const scoped = mechanism === undefined ? undefined : `${prefix}${mechanism.toLowerCase()}.${name}`;
    const own = scoped === undefined ? undefined : this.#given(scoped);
    return own ?? this.#given(prefix + name) ?? this.optional(name);
  }

  number(name: BrokerConfigName): number {
    return Number(this.text(name));
  }

  boolean(name: BrokerConfigName): boolean {
    return this.text(name).toLowerCase() === 'true';
  }
}

/** What is wrong with one entry, with key, value, source and what is allowed; null where nothing is. */
function problemOf({ name, value, source, problem: known }: SettingEntry): string | null {
  if (known !== undefined) return `${name} (${source}): ${known}`;
  const key = unscoped(name) ?? name;
  if (isBrokerConfig(key)) {
    const row = brokerConfigRow(key);
    const problem = valueProblem(key, row, value);
    if (problem === null) return null;
    return `${name}=${row.type === 'password' ? SECRET : value} (${source}): ${problem}`;
  }
  if (foreignMeaning(key) !== undefined) return null;
  const near = nearest(key, Object.keys(brokerConfigs));
  const meant = near === undefined ? '' : `; did you mean ${name.slice(0, -key.length)}${near}?`;
  return `${name} (${source}): no such setting${meant}`;
}

const isInert = (key: string): boolean => !isBrokerConfig(key) || brokerConfigRow(key).inert === true;

/** `broker.id` is the older name of `node.id`: it holds where the newer is not given, and may not say something else. */
function nodeIdProblems(chosen: Map<string, SettingEntry>): string[] {
  const older = chosen.get('broker.id');
  const newer = chosen.get('node.id');
  if (older === undefined) {
    if (newer !== undefined) chosen.set('broker.id', { ...newer, name: 'broker.id' });
    return [];
  }
  if (newer === undefined) {
    if (Number(older.value) >= 0) chosen.set('node.id', { ...older, name: 'node.id' });
    return [];
  }
  if (Number(older.value) === Number(newer.value)) return [];
  return [
    `broker.id=${older.value} (${older.source}): node.id=${newer.value} (${newer.source}) is this node's number; leave broker.id out`,
  ];
}
