// DescribeConfigs v1 to v4. Behavior: settings of topics, of this broker, of groups and client metrics, with where each value comes from and
// what else would apply. Version notes: v1 sources and synonyms (KIP-226), v3 types and documentation (KIP-569).
// Secrets are never answered.

import type { ConfigRow, ConfigType } from '@klamm/base/config';
import { DescribeConfigs } from '@klamm/protocol/api/32-describe-configs';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { brokerConfigs } from '../config/broker.ts';
import { clientMetricsConfigs } from '../config/client-metrics.ts';
import { groupResourceConfigs } from '../config/group.ts';
import { unscoped } from '../config/listener-scope.ts';
import { topicConfigs } from '../config/topic.ts';
import type { BrokerRooms } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { ResourceType } from '../metadata/image.ts';
import { configRefusal } from './config-permissions.ts';
import { type Resource, resourceProblem } from './config-resources.ts';

/** Numbers of DescribeConfigsResponse.ConfigType. */
const TYPE_NUMBERS: Record<ConfigType, number> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
  short: 4,
};

interface Wants {
  readonly includeSynonyms: boolean;
  readonly includeDocumentation: boolean;
}

export const describeConfigs = defineHandler(DescribeConfigs, {
  handle: (context, request) => ({
    results: request.resources.map(({ resourceType, resourceName, configurationKeys }) => {
      const { broker } = context;
      const resource = { resourceType, resourceName };
      const problem =
        configRefusal(context, Operation.describeConfigs, resource) ?? resourceProblem(broker, resource);
      if (problem !== null) return { ...problem, resourceType, resourceName };
      const wanted =
        configurationKeys === null || configurationKeys.length === 0 ? null : new Set(configurationKeys);
      const configs = namesOf(broker, resourceType, resourceName)
        .filter((name) => wanted?.has(name) ?? true)
        .map((name) => answer(broker, resource, name, request));
      return {
        errorCode: ErrorCode.NONE,
        errorMessage: null,
        resourceType,
        resourceName,
        configs,
      };
    }),
  }),
  onError: (request, errorCode, errorMessage) => ({
    results: request.resources.map(({ resourceType, resourceName }) => ({
      errorCode,
      errorMessage,
      resourceType,
      resourceName,
    })),
  }),
});

/** Names of the settings that a resource is described with. */
function namesOf({ catalog, settings }: BrokerRooms, resourceType: number, resourceName: string): string[] {
  switch (resourceType) {
    case ResourceType.topic:
      return Object.keys(topicConfigs);
    case ResourceType.group:
      return Object.keys(groupResourceConfigs);
    case ResourceType.clientMetrics:
      return Object.keys(clientMetricsConfigs);
    case ResourceType.broker: {
      const everywhere = [...catalog.image.configs(ResourceType.broker, '').keys()];
      // All brokers together have only what was set for all of them.
      if (resourceName === '') return everywhere;
      const own = [...catalog.image.configs(ResourceType.broker, resourceName).keys()];
      const names = [...Object.keys(brokerConfigs), ...settings.scopedNames, ...everywhere, ...own];
      return [...new Set(names)];
    }
    default:
      return [];
  }
}

function answer(
  { catalog }: BrokerRooms,
  { resourceType, resourceName }: Resource,
  name: string,
  wants: Wants,
): { name: string } {
  const row = catalog.configs.row(resourceType, name);
  const { value, source, synonyms } = catalog.configs.of(resourceType, resourceName, name);
  // What nobody knows may be a secret.
  const isSensitive = row === undefined || row.type === 'password';
  const shown = (text: string | null): string | null => (isSensitive ? null : text);
  const isDynamic = resourceType !== ResourceType.broker || isDynamicName(name, row);
  return {
    name,
    ...{
      value: shown(value),
      readOnly: !isDynamic,
      configSource: source,
      isSensitive,
      synonyms: wants.includeSynonyms
        ? synonyms.map((synonym) => ({ ...synonym, value: shown(synonym.value) }))
        : [],
      configType: row === undefined ? 0 : TYPE_NUMBERS[row.type],
      documentation: wants.includeDocumentation ? (row?.doc ?? null) : null,
    },
  };
}

/** As Apache Kafka has it, a listener's own setting counts as read-only, though it can be altered. */
const isDynamicName = (name: string, row: ConfigRow | undefined): boolean =>
  row?.dynamic !== undefined && unscoped(name) === undefined;
