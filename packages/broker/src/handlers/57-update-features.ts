// UpdateFeatures v0 to v2. Behavior: takes levels of features up and down, all or none (KIP-584, KIP-778). Version notes:
// v0 has a flag where later ones have a type of upgrade; v2 has one error for all, and no results.

import { UpdateFeatures } from '@klamm/protocol/api/57-update-features';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { checkFeatures, featureRecords, UpgradeType } from '../metadata/feature-changes.ts';

export const updateFeatures = defineHandler(UpdateFeatures, {
  clusterOperation: Operation.alter,
  handle({ broker: { catalog }, apiVersion }, { featureUpdates, validateOnly }) {
    const wanted = featureUpdates.map(({ feature, maxVersionLevel, upgradeType, allowDowngrade }) => ({
      name: feature,
      level: maxVersionLevel,
      upgradeType: apiVersion > 0 ? upgradeType : allowDowngrade ? UpgradeType.safe : UpgradeType.upgrade,
    }));
    return catalog.change<object>((image) => {
      const { kraftVersion, nodeId, settings } = catalog;
      const problem = checkFeatures(wanted, { features: image.features, kraftVersion, nodeId });
      if (problem !== null) {
        const errorMessage = `No feature was changed. ${problem}`;
        return { records: [], result: { errorCode: ErrorCode.INVALID_UPDATE_VERSION, errorMessage } };
      }
      const results = wanted.map(({ name }) => ({
        feature: name,
        errorCode: ErrorCode.NONE,
        errorMessage: 'NONE',
      }));
      return {
        records: validateOnly ? [] : featureRecords(wanted, image, settings.text('min.insync.replicas')),
        result: { errorCode: ErrorCode.NONE, errorMessage: null, results: apiVersion > 1 ? [] : results },
      };
    });
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage, results: [] }),
});
