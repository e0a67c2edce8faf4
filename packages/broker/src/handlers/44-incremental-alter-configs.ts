// IncrementalAlterConfigs v0 and v1. Behavior: sets, deletes, appends to and subtracts from single settings; all
// changes of a resource are made or none (KIP-339).

import { IncrementalAlterConfigs } from '@klamm/protocol/api/44-incremental-alter-configs';
import { defineHandler } from '../dispatch/handler.ts';
import { alterResource } from './config-resources.ts';

export const incrementalAlterConfigs = defineHandler(IncrementalAlterConfigs, {
  async handle({ broker }, request) {
    const responses = [];
    for (const { resourceType, resourceName, configs } of request.resources) {
      const changes = configs.map(({ name, configOperation, value }) => ({
        name,
        operation: configOperation,
        value,
      }));
      responses.push(
        await alterResource(broker, { resourceType, resourceName }, () => changes, request.validateOnly),
      );
    }
    return { responses };
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
