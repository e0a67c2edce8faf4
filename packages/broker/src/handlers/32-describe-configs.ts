// DescribeConfigs v1 to v4. Behavior: settings of topics and of this broker, with where each value comes from and
// what else would apply. Version notes: v1 sources and synonyms (KIP-226), v3 types and documentation (KIP-569).
// Secrets are never answered.

import type { ConfigRow, ConfigType } from '@klamm/base/config';
import { DescribeConfigs } from '@klamm/protocol/api/32-describe-configs';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { type BrokerConfigName, brokerConfigRow, brokerConfigs } from '../config/broker.ts';
import { type TopicConfigName, topicConfigRow, topicConfigs } from '../config/topic.ts';
import type { BrokerRooms } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { ConfigSource, type ConfigValue } from '../metadata/catalog.ts';
import { ResourceType } from '../metadata/image.ts';
import { configRefusal } from './config-permissions.ts';
import { resourceProblem } from './config-resources.ts';

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
      const configs =
        resourceType === ResourceType.topic
          ? topicAnswers(broker, resourceName, request)
          : brokerAnswers(broker, resourceName, request);
      return {
        errorCode: ErrorCode.NONE,
        errorMessage: null,
        resourceType,
        resourceName,
        configs: configs.filter(({ name }) => wanted?.has(name) ?? true),
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

function topicAnswers({ catalog }: BrokerRooms, topic: string, wants: Wants): { name: string }[] {
  return (Object.keys(topicConfigs) as TopicConfigName[]).map((name) =>
    answer(name, topicConfigRow(name), catalog.topicConfig(topic, name), false, wants),
  );
}

function brokerAnswers({ catalog }: BrokerRooms, resource: string, wants: Wants): { name: string }[] {
  return (Object.keys(brokerConfigs) as BrokerConfigName[]).flatMap((name) => {
    const row = brokerConfigRow(name);
    const sources = catalog.brokerConfigSources(name);
    // The default of all brokers has only what was set for all of them.
    const shown =
      resource === ''
        ? sources.filter(({ source }) => source === ConfigSource.dynamicDefaultBroker)
        : sources;
    if (resource === '' && shown.length === 0) return [];
    const values = [...shown, { name, value: row.default, source: ConfigSource.default }];
    return [answer(name, row, values, row.dynamic === undefined, wants)];
  });
}

function answer(
  name: string,
  row: ConfigRow,
  values: readonly ConfigValue[],
  readOnly: boolean,
  wants: Wants,
): { name: string } {
  const isSensitive = row.type === 'password';
  const shown = (value: string | null): string | null => (isSensitive ? null : value);
  const inForce = values[0];
  return {
    name,
    ...{
      value: shown(inForce?.value ?? null),
      readOnly,
      configSource: inForce?.source ?? ConfigSource.default,
      isSensitive,
      synonyms: wants.includeSynonyms
        ? values
            .filter(({ value }) => value !== null)
            .map((synonym) => ({ name: synonym.name, value: shown(synonym.value), source: synonym.source }))
        : [],
      configType: TYPE_NUMBERS[row.type],
      documentation: wants.includeDocumentation ? row.doc : null,
    },
  };
}
