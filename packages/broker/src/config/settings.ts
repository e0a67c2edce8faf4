// The settings a broker runs with: values from several sources, checked against the tables, the first that names a
// key wins. Everything wrong is reported at once, each with key, value, source and what is allowed.

import { type ConfigRow, configProblem, nearest } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import { type BrokerConfigName, brokerConfigRow, brokerConfigs, isBrokerConfig } from './broker.ts';
import { inertBrokerConfigs } from './broker-inert.ts';

/** One `key=value` and where it was said: `server.properties:12`, `--set`, `KAFKA_LISTENERS`. */
export interface SettingEntry {
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

// Listener-scoped keys, `listener.name.external.ssl.keystore.location`, are as many as there are listeners.
const SCOPED = /^listener\.name\.[a-z0-9_-]+\./;

export class BrokerSettings {
  readonly #entries: ReadonlyMap<string, SettingEntry>;
  /** Keys that were given but have no effect, for one line at start. */
  readonly inert: readonly SettingEntry[];

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
      if (isBrokerConfig(name)) {
        const problem = configProblem(brokerConfigRow(name), value);
        if (problem !== null) problems.push(`${name}=${value} (${source}): ${problem}`);
      } else if (inertBrokerConfigs.has(name) || SCOPED.test(name)) inert.push(entry);
      else {
        const near = nearest(name, [...Object.keys(brokerConfigs), ...inertBrokerConfigs]);
        problems.push(
          `${name} (${source}): no such setting${near === undefined ? '' : `; did you mean ${near}?`}`,
        );
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

  /** The entry that sets a key; undefined where the default holds. */
  entry(name: string): SettingEntry | undefined {
    return this.#entries.get(name);
  }

  /** The value as text; undefined where nothing was given and there is no default. */
  optional(name: BrokerConfigName): string | undefined {
    const row: ConfigRow = brokerConfigRow(name);
    return this.#entries.get(name)?.value.trim() ?? row.default ?? undefined;
  }

  text(name: BrokerConfigName): string {
    return this.optional(name) ?? '';
  }

  number(name: BrokerConfigName): number {
    return Number(this.text(name));
  }

  boolean(name: BrokerConfigName): boolean {
    return this.text(name).toLowerCase() === 'true';
  }
}
