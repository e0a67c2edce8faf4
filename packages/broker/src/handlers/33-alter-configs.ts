// AlterConfigs v0 to v2. Behavior: the settings given become all that the resource has; what is not named goes back to
// its default. Kept for old tools; IncrementalAlterConfigs (KIP-339) has replaced it.

import { AlterConfigs } from '@klamm/protocol/api/33-alter-configs';
import { defineHandler } from '../dispatch/handler.ts';
import { ConfigOperation } from '../metadata/config-changes.ts';
import { alterResources } from './config-resources.ts';

export const alterConfigs = defineHandler(AlterConfigs, {
  async handle(context, request) {
    const alterations = request.resources.map(({ resourceType, resourceName, configs }) => {
      const named = new Set(configs.map(({ name }) => name));
      const changesFor = (current: ReadonlyMap<string, string>) => [
        ...[...current.keys()]
          .filter((name) => !named.has(name))
          .map((name) => ({ name, operation: ConfigOperation.delete, value: null })),
        ...configs.map(({ name, value }) => ({ name, operation: ConfigOperation.set, value })),
      ];
      return { resource: { resourceType, resourceName }, changesFor };
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
