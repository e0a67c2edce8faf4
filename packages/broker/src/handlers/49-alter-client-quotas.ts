// AlterClientQuotas v0 and v1 (KIP-546). Behavior: each entity is judged alone; with validateOnly nothing is changed.

import { AlterClientQuotas } from '@klamm/protocol/api/49-alter-client-quotas';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { alterQuotaRecords } from '../metadata/quota-changes.ts';

export const alterClientQuotas = defineHandler(AlterClientQuotas, {
  clusterOperation: Operation.alterConfigs,

  async handle({ broker }, { entries, validateOnly }) {
    const results = await broker.catalog.change((image) => {
      const { records, results: result } = alterQuotaRecords(image.quotas, entries);
      return { records: validateOnly ? [] : records, result };
    });
    return { entries: results.map((result) => ({ ...result, entity: [...result.entity] })) };
  },
  onError: ({ entries }, errorCode, errorMessage) => ({
    entries: entries.map(({ entity }) => ({ entity, errorCode, errorMessage })),
  }),
});
