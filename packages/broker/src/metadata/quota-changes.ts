// How quotas change: what is wrong with an alteration, or the records that make it
// (org.apache.kafka.controller.ClientQuotaControlManager).

import { ErrorCode } from '@klamm/protocol/error-codes';
import { ClientQuotaRecord } from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import {
  CLIENT_QUOTAS,
  entityOf,
  IP_QUOTA,
  type QuotaEntity,
  type QuotaImage,
  type QuotaPart,
} from './quota-image.ts';

export interface QuotaAlteration {
  readonly entity: readonly QuotaPart[];
  readonly ops: readonly { readonly key: string; readonly value: number; readonly remove: boolean }[];
}

export interface AlteredEntity {
  readonly entity: readonly QuotaPart[];
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Quotas that are counted in whole numbers, and how large they may be. */
const WHOLE: Readonly<Record<string, number>> = {
  producer_byte_rate: 2 ** 63,
  consumer_byte_rate: 2 ** 63,
  connection_creation_rate: 2 ** 31 - 1,
};

/** Each entity is judged alone; nothing of one that is refused is changed. */
export function alterQuotaRecords(
  image: QuotaImage,
  alterations: readonly QuotaAlteration[],
): { records: Buffer[]; results: AlteredEntity[] } {
  const records: Buffer[] = [];
  const results: AlteredEntity[] = [];
  const seen = new Set<string>();
  for (const { entity: parts, ops } of alterations) {
    const name = JSON.stringify([...parts].sort((a, b) => (a.entityType < b.entityType ? -1 : 1)));
    const problem = seen.has(name) ? 'The request names this entity more than once.' : problemOf(parts, ops);
    seen.add(name);
    const errorCode = problem === null ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST;
    results.push({ entity: parts, errorCode, errorMessage: problem });
    const entity = entityOf(parts);
    if (problem !== null || entity === undefined) continue;
    const current = image.valuesOf(entity);
    for (const { key, value, remove } of ops) {
      const isChange = remove ? current.has(key) : current.get(key) !== value;
      if (!isChange) continue;
      const data = { entity: [...parts], key, value: remove ? 0 : value, remove };
      records.push(encodeMetadata(ClientQuotaRecord, data));
    }
  }
  return { records, results };
}

function problemOf(parts: readonly QuotaPart[], ops: QuotaAlteration['ops']): string | null {
  if (parts.length === 0) return 'A quota needs somebody it is for: user, client-id or ip.';
  const kinds = parts.map(({ entityType }) => entityType);
  if (new Set(kinds).size < kinds.length) return 'An entity names one kind twice.';
  const entity = entityOf(parts);
  if (entity === undefined)
    return `There are quotas for user, client-id and ip, not for ${kinds.join(', ')}.`;
  const combination = combinationProblem(entity);
  if (combination !== null) return combination;
  const keys = ops.map(({ key }) => key);
  if (new Set(keys).size < keys.length) return 'An entity names one quota twice.';
  const allowed: readonly string[] = entity.ip === undefined ? CLIENT_QUOTAS : [IP_QUOTA];
  for (const { key, value, remove } of ops) {
    if (remove) continue;
    if (!allowed.includes(key)) return `There is no quota ${key} here; there is ${allowed.join(', ')}.`;
    if (!(value > 0)) return `${key} has to be greater than 0.`;
    const most = WHOLE[key];
    if (most !== undefined && value > most) return `${key} is too large.`;
    if (most !== undefined && !Number.isInteger(value)) return `${key} has to be a whole number.`;
  }
  return null;
}

function combinationProblem({ user, clientId, ip }: QuotaEntity): string | null {
  if (ip === undefined) return null;
  if (user !== undefined || clientId !== undefined) return 'A quota for an ip is for nothing else beside it.';
  return ip === null || isAddress(ip) ? null : `${ip} is no address.`;
}

function isAddress(text: string): boolean {
  const isV4 = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) < 256);
  return isV4 || (text.includes(':') && URL.canParse(`http://[${text}]/`));
}
