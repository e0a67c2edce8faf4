// DescribeConfigs.

import { array, boolean, int8, int16, int32, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleFrom: 4,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: nullable(array(string())),
    }),
    includeSynonyms: boolean(),
    includeDocumentation: since(3, boolean()),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      errorCode: int16(),
      errorMessage: nullable(string()),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: nullable(string()),
        readOnly: boolean(),
        configSource: int8(-1),
        isSensitive: boolean(),
        synonyms: array({
          name: string(),
          value: nullable(string()),
          source: int8(),
        }),
        configType: since(3, int8()),
        documentation: since(3, nullable(string())),
      }),
    }),
  },
});
