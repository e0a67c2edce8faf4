// ApiVersions v0 to v4. Behavior: lists exactly what the table of handlers holds, and the features the cluster runs
// with. Version notes: from v3 a client gives its name, which must be plausible (KIP-511); below v4 a feature with
// minimum 0 is left out, because older clients reject it.

import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { FEATURES, KRAFT_RANGE, KRAFT_VERSION } from '../metadata/bootstrap.ts';

const SUPPORTED = [...FEATURES, { name: KRAFT_VERSION, ...KRAFT_RANGE }];
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

export const apiVersions = defineHandler(ApiVersions, {
  handle({ broker, connection, apiVersion }, request) {
    const { clientSoftwareName, clientSoftwareVersion } = request;
    if (apiVersion >= 3 && !(SOFTWARE.test(clientSoftwareName) && SOFTWARE.test(clientSoftwareVersion))) {
      return { errorCode: ErrorCode.INVALID_REQUEST };
    }
    connection.softwareName = clientSoftwareName;
    const { image, kraftVersion } = broker.catalog;
    const finalized = [
      ...image.features,
      ...(kraftVersion > 0 ? [[KRAFT_VERSION, kraftVersion] as const] : []),
    ];
    return {
      errorCode: ErrorCode.NONE,
      apiKeys: broker.supportedApis,
      supportedFeatures: SUPPORTED.filter(({ minVersion }) => apiVersion >= 4 || minVersion > 0),
      finalizedFeaturesEpoch: broker.catalog.endOffset - 1,
      finalizedFeatures: finalized.map(([name, level]) => ({
        name,
        maxVersionLevel: level,
        minVersionLevel: level,
      })),
    };
  },
  onError: (_request, errorCode) => ({ errorCode }),
});
