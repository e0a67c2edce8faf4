// DescribeClientQuotas v0 and v1 (KIP-546). Behavior: entities that have every part asked for; with `strict`, no other
// part. As ClientQuotasImage.describe.

import { DescribeClientQuotas } from '@klamm/protocol/api/48-describe-client-quotas';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Decoded } from '@klamm/protocol/schema/fields';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import { partsOf, type QuotaPart } from '../metadata/quota-image.ts';

type Component = Decoded<(typeof DescribeClientQuotas)['request']['fields']>['components'][number];

const Match = { exact: 0, default: 1, any: 2 } as const;
const KINDS = ['user', 'client-id', 'ip'];

export const describeClientQuotas = defineHandler(DescribeClientQuotas, {
  clusterOperation: Operation.describeConfigs,

  handle({ broker }, { components, strict }) {
    const problem = problemOf(components);
    if (problem !== undefined) return { ...problem, entries: null };
    const entries = [];
    for (const { entity, values } of broker.catalog.image.quotas.entries) {
      const parts = partsOf(entity);
      if (strict && parts.length !== components.length) continue;
      if (!components.every((component) => parts.some((part) => matches(component, part)))) continue;
      entries.push({ entity: parts, values: Array.from(values, ([key, value]) => ({ key, value })) });
    }
    return { errorCode: ErrorCode.NONE, errorMessage: null, entries };
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage, entries: null }),
});

function matches({ entityType, matchType, match }: Component, part: QuotaPart): boolean {
  if (entityType !== part.entityType) return false;
  if (matchType === Match.any) return true;
  return part.entityName === (matchType === Match.default ? null : match);
}

function problemOf(
  components: readonly Component[],
): { errorCode: number; errorMessage: string } | undefined {
  const invalid = (errorMessage: string) => ({ errorCode: ErrorCode.INVALID_REQUEST, errorMessage });
  const kinds = components.map(({ entityType }) => entityType);
  for (const [i, { entityType, matchType, match }] of components.entries()) {
    if (entityType === '') return invalid('A part of the filter has no kind.');
    if (kinds.indexOf(entityType) !== i) return invalid(`The filter names ${entityType} twice.`);
    if (!KINDS.includes(entityType)) {
      const errorMessage = `There are quotas for ${KINDS.join(', ')}, not for ${entityType}.`;
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION, errorMessage };
    }
    if (matchType === Match.exact && match === null)
      return invalid(`A name of ${entityType} is to match, and none is given.`);
    if (matchType !== Match.exact && match !== null)
      return invalid(`A name of ${entityType} is given, and none is to match.`);
    if (matchType < Match.exact || matchType > Match.any)
      return invalid(`There is no way to match ${matchType}.`);
  }
  if (kinds.includes('ip') && kinds.length > 1)
    return invalid('A filter for an ip is for nothing else beside it.');
  return undefined;
}
