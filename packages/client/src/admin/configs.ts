// Settings of topics and brokers: describe them, and change some without touching the others (KIP-339).

import { DescribeConfigs } from '@klamm/protocol/api/32-describe-configs';
import { IncrementalAlterConfigs } from '@klamm/protocol/api/44-incremental-alter-configs';
import type { Cluster } from '../cluster.ts';
import { throwFirst } from './topics.ts';

/** Whose settings: a topic's, a broker's or, with `broker: ''`, those all brokers share, a group's, or a subscription's. */
export type ConfigResource =
  | { readonly topic: string }
  | { readonly broker: number | '' }
  /** From Apache Kafka 4.0 on. */
  | { readonly group: string }
  /** A subscription to metrics of clients (KIP-714). */
  | { readonly clientMetrics: string };

/** Where a value comes from. */
export type ConfigSource =
  | 'unknown'
  | 'topic'
  | 'dynamicBroker'
  | 'dynamicDefaultBroker'
  | 'staticBroker'
  | 'default'
  | 'dynamicBrokerLogger'
  | 'clientMetrics'
  | 'group';

export interface ConfigEntry {
  readonly name: string;
  /** null where it has none, or is a secret. */
  readonly value: string | null;
  readonly source: ConfigSource;
  readonly isDefault: boolean;
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  readonly documentation: string | null;
}

/** Numbers of org.apache.kafka.common.config.ConfigResource.Type. */
const TOPIC = 2;
const BROKER = 4;
const CLIENT_METRICS = 16;
const GROUP = 32;
const SOURCES: readonly ConfigSource[] = [
  'unknown',
  'topic',
  'dynamicBroker',
  'dynamicDefaultBroker',
  'staticBroker',
  'default',
  'dynamicBrokerLogger',
  'clientMetrics',
  'group',
];
const SET = 0;
const DELETE = 1;

/** In the broker's order. `names`: only those; default all. */
export async function describeConfigs(
  cluster: Cluster,
  resource: ConfigResource,
  names: readonly string[] | null,
): Promise<ConfigEntry[]> {
  const { results } = await cluster.request(
    DescribeConfigs,
    {
      resources: [{ ...wire(resource), configurationKeys: names }],
      includeSynonyms: false,
      includeDocumentation: true,
    },
    target(resource),
  );
  throwFirst(
    results.map(({ errorCode, errorMessage }) => ({
      what: `The settings of ${describe(resource)} cannot be read`,
      errorCode,
      errorMessage,
    })),
  );
  return (results[0]?.configs ?? []).map(
    ({ name, value, configSource, readOnly, isSensitive, documentation }) => {
      const source = SOURCES[configSource] ?? 'unknown';
      return {
        name,
        value,
        source,
        isDefault: source === 'default',
        isReadOnly: readOnly,
        isSensitive,
        documentation,
      };
    },
  );
}

/** Sets the given keys, and takes those that are null back to their default. */
export async function alterConfigs(
  cluster: Cluster,
  resource: ConfigResource,
  changes: Readonly<Record<string, string | number | boolean | null>>,
  validateOnly: boolean,
): Promise<void> {
  const { responses } = await cluster.request(
    IncrementalAlterConfigs,
    {
      resources: [
        {
          ...wire(resource),
          configs: Object.entries(changes).map(([name, value]) => ({
            name,
            configOperation: value === null ? DELETE : SET,
            value: value === null ? null : String(value),
          })),
        },
      ],
      validateOnly,
    },
    target(resource),
  );
  throwFirst(
    responses.map(({ errorCode, errorMessage }) => ({
      what: `The settings of ${describe(resource)} were not changed`,
      errorCode,
      errorMessage,
    })),
  );
}

function wire(resource: ConfigResource): { resourceType: number; resourceName: string } {
  if ('topic' in resource) return { resourceType: TOPIC, resourceName: resource.topic };
  if ('group' in resource) return { resourceType: GROUP, resourceName: resource.group };
  if ('broker' in resource) return { resourceType: BROKER, resourceName: String(resource.broker) };
  return { resourceType: CLIENT_METRICS, resourceName: resource.clientMetrics };
}

/** A broker answers for its own settings itself. */
function target(resource: ConfigResource): { nodeId?: number } {
  return 'broker' in resource && resource.broker !== '' ? { nodeId: resource.broker } : {};
}

function describe(resource: ConfigResource): string {
  if ('topic' in resource) return `the topic "${resource.topic}"`;
  if ('group' in resource) return `the group "${resource.group}"`;
  if ('clientMetrics' in resource) return `the subscription "${resource.clientMetrics}"`;
  return resource.broker === '' ? 'all brokers' : `broker ${resource.broker}`;
}
