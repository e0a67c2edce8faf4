// The value of a setting in force, and where else it could come from: what was altered while brokers run is in the
// image, what this one was started with in its settings, the rest in the tables.
//
// Synonyms are those of Apache Kafka's ConfigHelper: a broker setting is sought in each source under all its names, and
// what comes before the name that was asked for is left out.

import type { ConfigRow } from '@klamm/base/config';
import { brokerConfigRow, isBrokerConfig } from '../config/broker.ts';
import { clientMetricsConfigRow, isClientMetricsConfig } from '../config/client-metrics.ts';
import { type GroupConfigName, groupConfigRow, groupSynonym, isGroupConfig } from '../config/group.ts';
import { unscoped } from '../config/listener-scope.ts';
import type { BrokerSettings } from '../config/settings.ts';
import { isTopicConfig, topicConfigRow, topicSynonyms } from '../config/topic.ts';
import { type MetadataImage, ResourceType } from './image.ts';

/** Where a setting's value comes from, as DescribeConfigs says it (ConfigSource). */
export const ConfigSource = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
  clientMetrics: 7,
  group: 8,
} as const;

interface ConfigSynonym {
  /** The name under which this source has it. */
  readonly name: string;
  readonly value: string;
  readonly source: number;
}

export interface ConfigValue {
  /** In force; null where there is none. */
  readonly value: string | null;
  readonly source: number;
  /** All sources that have a value, the one in force first. */
  readonly synonyms: readonly ConfigSynonym[];
}

/** Names of one broker setting in several units, that in force first. */
const UNITS: readonly (readonly string[])[] = [
  ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.roll.ms', 'log.roll.hours'],
];

export class ConfigValues {
  readonly #image: MetadataImage;
  readonly #settings: BrokerSettings;
  readonly #nodeId: number;

  constructor(image: MetadataImage, settings: BrokerSettings, nodeId: number) {
    this.#image = image;
    this.#settings = settings;
    this.#nodeId = nodeId;
  }

  /** The row of a setting of a resource; undefined where it has none of that name. */
  row(resourceType: number, name: string): ConfigRow | undefined {
    switch (resourceType) {
      case ResourceType.topic:
        return isTopicConfig(name) ? topicConfigRow(name) : undefined;
      case ResourceType.group:
        return isGroupConfig(name) ? groupConfigRow(name) : undefined;
      case ResourceType.clientMetrics:
        return isClientMetricsConfig(name) ? clientMetricsConfigRow(name) : undefined;
      default: {
        const key = unscoped(name) ?? name;
        return isBrokerConfig(key) ? brokerConfigRow(key) : undefined;
      }
    }
  }

  /** The value of a resource's setting; of a name that it does not have, null. */
  of(resourceType: number, resourceName: string, name: string): ConfigValue {
    switch (resourceType) {
      case ResourceType.topic:
        return this.#ofTopic(resourceName, name);
      case ResourceType.group:
        return this.#ofGroup(resourceName, name);
      case ResourceType.clientMetrics:
        return this.#ofClientMetrics(resourceName, name);
      default:
        return resourceName === '' ? this.#ofAllBrokers(name) : this.#ofBroker(name);
    }
  }

  /** A setting of this broker in force; null where there is none. */
  broker(name: string): string | null {
    return this.#ofBroker(name).value;
  }

  /** What a resource's setting would be if the resource had no value of its own. */
  inherited(resourceType: number, name: string): string | null {
    return this.of(resourceType, '', name).value;
  }

  /** A topic's setting in force, as text. */
  topic(topic: string, name: keyof typeof topicSynonyms): string {
    return this.#ofTopic(topic, name).value ?? '';
  }

  /** A group's setting in force, as text. */
  group(group: string, name: GroupConfigName): string {
    return this.#ofGroup(group, name).value ?? '';
  }

  #ofTopic(topic: string, name: string): ConfigValue {
    if (!isTopicConfig(name)) return NOTHING;
    const names = topicSynonyms[name] ?? [];
    const below = this.#brokerSynonyms(names.map((synonym) => synonym.name));
    const [strongest] = below;
    const factor = names.find((synonym) => synonym.name === strongest?.name)?.factor ?? 1;
    const inherited =
      strongest === undefined ? topicConfigRow(name).default : scaled(strongest.value, factor);
    const first = below.findIndex(
      (synonym) => synonym.source !== ConfigSource.default || synonym.name === names[0]?.name,
    );
    const synonyms = first < 0 ? [] : below.slice(first);
    const own = this.#image.configs(ResourceType.topic, topic).get(name);
    if (own === undefined) return configValue(inherited, synonyms);
    return configValue(own, [{ name, value: own, source: ConfigSource.topic }, ...synonyms]);
  }

  #ofGroup(group: string, name: string): ConfigValue {
    if (!isGroupConfig(name)) return NOTHING;
    const synonym = groupSynonym(name);
    const below = synonym === undefined ? [] : this.#brokerSynonyms([synonym]);
    const fallback = groupConfigRow(name).default;
    const own = this.#image.configs(ResourceType.group, group).get(name);
    if (own !== undefined)
      return configValue(own, [{ name, value: own, source: ConfigSource.group }, ...below]);
    if (below.length > 0) return configValue(below[0]?.value ?? null, below);
    return configValue(fallback, defaultOf(name, fallback));
  }

  #ofClientMetrics(subscription: string, name: string): ConfigValue {
    if (!isClientMetricsConfig(name)) return NOTHING;
    const own = this.#image.configs(ResourceType.clientMetrics, subscription).get(name);
    if (own === undefined) return configValue(clientMetricsConfigRow(name).default, []);
    return configValue(own, [{ name, value: own, source: ConfigSource.clientMetrics }]);
  }

  #ofAllBrokers(name: string): ConfigValue {
    const synonyms = this.#sources(name).filter(({ source }) => source === ConfigSource.dynamicDefaultBroker);
    return configValue(this.#image.configs(ResourceType.broker, '').get(name) ?? null, synonyms);
  }

  #ofBroker(name: string): ConfigValue {
    const synonyms = this.#sources(name);
    return configValue(synonyms[0]?.value ?? null, synonyms);
  }

  /** All sources of a broker setting, from the first on that has it under this name. */
  #sources(name: string): ConfigSynonym[] {
    const base = unscoped(name);
    const names = base === undefined ? (UNITS.find((unit) => unit.includes(name)) ?? [name]) : [name, base];
    const all = this.#brokerSynonyms(names);
    const first = all.findIndex((synonym) => synonym.name === name);
    return first < 0 ? [] : all.slice(first);
  }

  /** All sources of a broker setting that has several names, the strongest first. */
  #brokerSynonyms(names: readonly string[]): ConfigSynonym[] {
    const own = this.#image.configs(ResourceType.broker, `${this.#nodeId}`);
    const everywhere = this.#image.configs(ResourceType.broker, '');
    const from = (source: number, get: (name: string) => string | null | undefined): ConfigSynonym[] =>
      names.flatMap((name) => {
        const value = get(name);
        return value === undefined || value === null ? [] : [{ name, value, source }];
      });
    return [
      ...from(ConfigSource.dynamicBroker, (name) => own.get(name)),
      ...from(ConfigSource.dynamicDefaultBroker, (name) => everywhere.get(name)),
      ...from(ConfigSource.staticBroker, (name) => this.#settings.entry(name)?.value.trim()),
      ...from(ConfigSource.default, (name) => (isBrokerConfig(name) ? brokerConfigRow(name).default : null)),
    ];
  }
}

const NOTHING: ConfigValue = { value: null, source: ConfigSource.default, synonyms: [] };

function configValue(value: string | null, synonyms: readonly ConfigSynonym[]): ConfigValue {
  return { value, source: synonyms[0]?.source ?? ConfigSource.default, synonyms };
}

function defaultOf(name: string, value: string | null): ConfigSynonym[] {
  return value === null ? [] : [{ name, value, source: ConfigSource.default }];
}

function scaled(value: string, factor: number): string {
  return factor === 1 || value === '-1' ? value : String(Number(value) * factor);
}
