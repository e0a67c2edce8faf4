// UpdateFeatures.

import { array, boolean, int8, int16, int32, nullable, since, string, until } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const UpdateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    timeoutMs: int32(60000),
    featureUpdates: array({
      feature: string(),
      maxVersionLevel: int16(),
      allowDowngrade: until(0, boolean()),
      upgradeType: since(1, int8(1)),
    }),
    validateOnly: since(1, boolean()),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    results: until(
      1,
      array({
        feature: string(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      }),
    ),
  },
});
