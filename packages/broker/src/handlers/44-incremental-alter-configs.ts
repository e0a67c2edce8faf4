// IncrementalAlterConfigs v0 and v1. Behavior: sets, deletes, appends to and subtracts from single settings; all
// changes of a resource are made or none (KIP-339).

import { IncrementalAlterConfigs } from '@klamm/protocol/api/44-incremental-alter-configs';
import { defineHandler } from '../dispatch/handler.ts';
import { alterResources } from './config-resources.ts';

export const incrementalAlterConfigs = defineHandler(IncrementalAlterConfigs, {
  async handle(context, request) {
    const alterations = request.resources.map(({ resourceType, resourceName, configs }) => {
      const changes = configs.map(({ name, configOperation, value }) => ({
        name,
        operation: configOperation,
        value,
      }));
      return { resource: { resourceType, resourceName }, changesFor: () => changes };
    });
    return { responses: await alterResources(context, alterations, request.validateOnly) };
  },
  onError: (request, errorCode, errorMessage) => ({
    responses: request.resources.map(({ resourceType, resourceName }) => ({
      errorCode,
      errorMessage,
      resourceType,
      resourceName,
    })),
  }),
});
