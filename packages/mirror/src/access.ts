// Who may do what, and how much: ACLs and quotas are copied; users' passwords cannot be.
//
// What is there is added to, never taken away: an ACL that the source does not have may be the target's own. No broker
// tells the keys of a SCRAM user, so those users are named, to be given a password again.

import { KlammError } from '@klamm/base/errors';
import type { Acl } from '@klamm/client/admin/acls';
import type { Admin } from '@klamm/client/admin/admin';
import type { QuotaAlteration, QuotaEntity } from '@klamm/client/admin/quotas';

export interface AccessOutcome {
  readonly acls: number;
  readonly quotas: number;
  /** SCRAM users of the source, with a mechanism, that the target does not have. */
  readonly missingUsers: readonly string[];
  /** What could not be looked at, or copied, and why. */
  readonly notes: readonly string[];
}

export async function syncAccess(ends: {
  readonly source: Admin;
  readonly target: Admin;
}): Promise<AccessOutcome> {
  const notes: string[] = [];
  const attempt = async <T>(what: string, none: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof KlammError) || cause.retriable) throw cause;
      // Without an authorizer there is nothing to copy.
      if (cause.code !== 'SECURITY_DISABLED') notes.push(`${what}: ${cause.message}`);
      return none;
    }
  };
  return {
    acls: await attempt('ACLs', 0, () => copyAcls(ends, notes)),
    quotas: await attempt('quotas', 0, () => copyQuotas(ends)),
    missingUsers: await attempt('users', [], () => missingUsers(ends)),
    notes,
  };
}

async function copyAcls(
  { source, target }: { readonly source: Admin; readonly target: Admin },
  notes: string[],
): Promise<number> {
  const all = await source.describeAcls();
  if (all.length === 0) return 0;
  const there = new Set((await target.describeAcls()).map((acl) => JSON.stringify(fields(acl))));
  const missing = all.filter((acl) => !there.has(JSON.stringify(fields(acl))));
  const known = missing.filter((acl) => !Object.values(acl).includes('unknown'));
  if (known.length < missing.length)
    notes.push(`${missing.length - known.length} ACLs are of a kind that this version does not know`);
  await target.createAcls(known as Parameters<Admin['createAcls']>[0]);
  return known.length;
}

const fields = ({
  resourceType,
  resourceName,
  patternType,
  principal,
  host,
  operation,
  permission,
}: Acl): unknown => [resourceType, resourceName, patternType, principal, host, operation, permission];

async function copyQuotas({
  source,
  target,
}: {
  readonly source: Admin;
  readonly target: Admin;
}): Promise<number> {
  const all = await source.describeQuotas();
  if (all.length === 0) return 0;
  const there = new Map((await target.describeQuotas()).map(({ entity, quotas }) => [text(entity), quotas]));
  const alterations: QuotaAlteration[] = all.flatMap(({ entity, quotas }) => {
    const current = there.get(text(entity)) ?? {};
    const changed = Object.entries(quotas).filter(
      ([name, value]) => current[name as keyof typeof current] !== value,
    );
    return changed.length === 0 ? [] : [{ entity, quotas: Object.fromEntries(changed) }];
  });
  await target.alterQuotas(alterations);
  return alterations.length;
}

const text = ({ user, clientId, ip }: QuotaEntity): string => JSON.stringify([user, clientId, ip]);

async function missingUsers({
  source,
  target,
}: {
  readonly source: Admin;
  readonly target: Admin;
}): Promise<string[]> {
  const namesOf = async (admin: Admin): Promise<string[]> =>
    (await admin.describeUsers()).flatMap(({ name, credentials }) =>
      credentials.map(({ mechanism }) => `${name} (${mechanism})`),
    );
  const there = new Set(await namesOf(target));
  return (await namesOf(source)).filter((user) => !there.has(user));
}
