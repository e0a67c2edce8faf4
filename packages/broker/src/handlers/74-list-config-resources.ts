// ListConfigResources v0 and v1. Behavior: names what DescribeConfigs can describe: the topics, this broker, and the
// groups and client metrics that have settings (KIP-1142). Version notes: v0 asks for client metrics only (KIP-714).

import { ListConfigResources } from '@klamm/protocol/api/74-list-config-resources';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { ResourceType } from '../metadata/image.ts';

const KINDS: readonly number[] = Object.values(ResourceType);

export const listConfigResources = defineHandler(ListConfigResources, {
  clusterOperation: Operation.describeConfigs,

  handle({ broker, apiVersion }, request) {
    const { image, nodeId } = broker.catalog;
    const { resourceTypes } = request;
    const named = (resourceType: number, names: readonly string[]) =>
      names.map((resourceName) => ({ resourceName, resourceType }));
    const configured = (resourceType: number) => named(resourceType, image.configured(resourceType));
    if (apiVersion === 0) {
      return { errorCode: ErrorCode.NONE, configResources: configured(ResourceType.clientMetrics) };
    }
    if (resourceTypes.some((type) => !KINDS.includes(type))) {
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] };
    }
    const all = [
      ...configured(ResourceType.group),
      ...configured(ResourceType.clientMetrics),
      ...named(ResourceType.brokerLogger, [`${nodeId}`]),
      ...named(ResourceType.broker, [`${nodeId}`]),
      ...named(
        ResourceType.topic,
        image.topics.map(({ name }) => name),
      ),
    ];
    const wanted = new Set(resourceTypes);
    return {
      errorCode: ErrorCode.NONE,
      configResources: all.filter(({ resourceType }) => wanted.size === 0 || wanted.has(resourceType)),
    };
  },
  onError: (_request, errorCode) => ({ errorCode, configResources: [] }),
});
