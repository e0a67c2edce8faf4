// The settings a broker runs with: values from several sources, checked against the tables, the first that names a
// key wins. Everything wrong is reported at once, each with key, value, source and what is allowed.
//
// What was set while the broker runs is in the metadata log and wins over all of these: the catalog lays it over them
// (`overlay`), so that whoever reads a value here reads the one in force. `entry` says what the broker was started with.

import { type ConfigRow, configProblem, nearest } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import { type BrokerConfigName, brokerConfigRow, brokerConfigs, isBrokerConfig } from './broker.ts';
import { inertBrokerConfigs } from './broker-inert.ts';
import { type ListenerConfigName, unscoped } from './listener-scope.ts';

/** One `key=value` and where it was said: `server.properties:12`, `--set`, `KAFKA_LISTENERS`. */
export interface SettingEntry {
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

const SECRET = '[hidden]';

export class BrokerSettings {
  readonly #entries: ReadonlyMap<string, SettingEntry>;
  /** Keys that were given but have no effect, for one line at start. */
  readonly inert: readonly SettingEntry[];
  #dynamic: (name: string) => string | undefined = () => undefined;

  private constructor(entries: ReadonlyMap<string, SettingEntry>, inert: readonly SettingEntry[]) {
    this.#entries = entries;
    this.inert = inert;
  }

  /** Throws KlammError INVALID_CONFIG that lists all problems. `entries`: earlier ones win. */
  static from(entries: readonly SettingEntry[]): BrokerSettings {
    const chosen = new Map<string, SettingEntry>();
    const inert: SettingEntry[] = [];
    const problems: string[] = [];
    for (const entry of entries) {
      const { name, value, source } = entry;
      if (chosen.has(name)) continue;
      chosen.set(name, entry);
      const key = unscoped(name) ?? name;
      if (isBrokerConfig(key)) {
        const row = brokerConfigRow(key);
        const problem = configProblem(row, value);
        const shown = row.type === 'password' ? SECRET : value;
        if (problem !== null) problems.push(`${name}=${shown} (${source}): ${problem}`);
      } else if (inertBrokerConfigs.has(key)) inert.push(entry);
      else {
        const near = nearest(key, [...Object.keys(brokerConfigs), ...inertBrokerConfigs]);
        const meant = near === undefined ? '' : `; did you mean ${name.slice(0, -key.length)}${near}?`;
        problems.push(`${name} (${source}): no such setting${meant}`);
      }
    }
    if (problems.length > 0) {
      throw new KlammError(`The settings are not in order:\n  ${problems.join('\n  ')}`, {
        code: 'INVALID_CONFIG',
        errorCode: 40,
        retriable: false,
      });
    }
    return new BrokerSettings(chosen, inert);
  }

  /** From now on, what `dynamic` gives for a key holds instead of what the broker was started with. */
  overlay(dynamic: (name: string) => string | undefined): void {
    this.#dynamic = dynamic;
  }

  /** As these settings would be with `dynamic` laid over them, for judging a change before it is made. */
  with(dynamic: (name: string) => string | undefined): BrokerSettings {
    const settings = new BrokerSettings(this.#entries, this.inert);
    settings.overlay(dynamic);
    return settings;
  }

  /** What the broker was started with for a key; undefined where nothing was given. */
  entry(name: string): SettingEntry | undefined {
    return this.#entries.get(name);
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
