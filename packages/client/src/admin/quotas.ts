// Quotas of users, client ids and addresses (KIP-546). A call that names several entities does what it can for each, and
// throws the first refusal when all are decided.

import { DescribeClientQuotas } from '@klamm/protocol/api/48-describe-client-quotas';
import { AlterClientQuotas } from '@klamm/protocol/api/49-alter-client-quotas';
import { errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import type { Cluster } from '../cluster.ts';
import { throwFirst } from './topics.ts';

/** Whom a quota is for: names, or `null` for the default of its kind. `user` and `clientId` may stand together. */
export interface QuotaEntity {
  readonly user?: string | null;
  readonly clientId?: string | null;
  /** An address; its quota is `connection_creation_rate`. */
  readonly ip?: string | null;
}

/**
 * `producer_byte_rate` and `consumer_byte_rate` in bytes a second, `request_percentage` of one thread's time,
 * `controller_mutation_rate` in partitions created and deleted a second, `connection_creation_rate` in connections a
 * second (of an `ip` only).
 */
export type QuotaName =
  | 'producer_byte_rate'
  | 'consumer_byte_rate'
  | 'request_percentage'
  | 'controller_mutation_rate'
  | 'connection_creation_rate';

export interface QuotaDescription {
  readonly entity: QuotaEntity;
  readonly quotas: Readonly<Partial<Record<QuotaName, number>>>;
}

export interface QuotaAlteration {
  readonly entity: QuotaEntity;
  /** `null` removes a quota; what is left out stays. */
  readonly quotas: Readonly<Partial<Record<QuotaName, number | null>>>;
}

/** What is left out matches everything; `'*'` every name and the default. */
export interface QuotaFilter {
  readonly user?: string | null;
  readonly clientId?: string | null;
  readonly ip?: string | null;
  /** Only entities without other parts than those named here. Default false. */
  readonly strict?: boolean;
}

const KINDS = { user: 'user', clientId: 'client-id', ip: 'ip' } as const;
type Kind = keyof typeof KINDS;

const Match = { exact: 0, default: 1, any: 2 } as const;
const ANY = '*';

export async function describeQuotas(cluster: Cluster, filter: QuotaFilter): Promise<QuotaDescription[]> {
  const components = kindsOf(filter).map(({ kind, name }) => ({
    entityType: KINDS[kind],
    matchType: name === null ? Match.default : name === ANY ? Match.any : Match.exact,
    match: name === null || name === ANY ? null : name,
  }));
  const body = { components, strict: filter.strict ?? false };
  const { errorCode, errorMessage, entries } = await cluster.request(DescribeClientQuotas, body);
  if (errorCode !== 0) {
    throw kafkaError(errorCode, `Quotas were not told: ${errorMessage ?? errorMeaning(errorCode)}`);
  }
  return (entries ?? []).map(({ entity, values }) => ({
    entity: Object.fromEntries(entity.map(({ entityType, entityName }) => [kindOf(entityType), entityName])),
    quotas: Object.fromEntries(values.map(({ key, value }) => [key, value])),
  }));
}

export async function alterQuotas(cluster: Cluster, alterations: readonly QuotaAlteration[]): Promise<void> {
  if (alterations.length === 0) return;
  const { entries } = await cluster.request(AlterClientQuotas, {
    entries: alterations.map(({ entity, quotas }) => ({
      entity: kindsOf(entity).map(({ kind, name }) => ({ entityType: KINDS[kind], entityName: name })),
      ops: Object.entries(quotas).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
    })),
    validateOnly: false,
  });
  throwFirst(
    entries.map(({ errorCode, errorMessage, entity }) => ({
      what: `Quotas of ${entity.map((part) => `${part.entityType} ${part.entityName ?? '(default)'}`).join(', ')} were not altered`,
      errorCode,
      errorMessage,
    })),
  );
}

function kindsOf(entity: QuotaEntity): { kind: Kind; name: string | null }[] {
  return (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
    const name = entity[kind];
    return name === undefined ? [] : [{ kind, name }];
  });
}

function kindOf(entityType: string): string {
  const found = Object.entries(KINDS).find(([, type]) => type === entityType);
  return found?.[0] ?? entityType;
}
