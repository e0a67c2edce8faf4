// ListConfigResources v0 and v1. Behavior: names what DescribeConfigs can describe: the topics and this broker
// (KIP-1142). Version notes: v0 asks for client metrics only (KIP-714), of which there are none.

import { ListConfigResources } from '@klamm/protocol/api/74-list-config-resources';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { ResourceType } from '../metadata/image.ts';

/** Kinds that clients may ask for (ConfigResource.Type): topic, broker, broker logger, client metrics, group. */
const KINDS: ReadonlySet<number> = new Set([ResourceType.topic, ResourceType.broker, 8, 16, 32]);

export const listConfigResources = defineHandler(ListConfigResources, {
  clusterOperation: Operation.describeConfigs,

  handle({ broker, apiVersion }, request) {
    const { image, nodeId } = broker.catalog;
    const { resourceTypes } = request;
    if (apiVersion === 0) return { errorCode: ErrorCode.NONE, configResources: [] };
    if (resourceTypes.some((type) => !KINDS.has(type))) {
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] };
    }
    const all = [
      ...image.topics.map(({ name }) => ({ resourceName: name, resourceType: ResourceType.topic })),
      { resourceName: `${nodeId}`, resourceType: ResourceType.broker },
    ];
    const wanted = new Set(resourceTypes);
    return {
      errorCode: ErrorCode.NONE,
      configResources: all.filter(({ resourceType }) => wanted.size === 0 || wanted.has(resourceType)),
    };
  },
  onError: (_request, errorCode) => ({ errorCode, configResources: [] }),
});
