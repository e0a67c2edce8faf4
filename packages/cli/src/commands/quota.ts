// `klamm quota`: how much clients may use.

import type { QuotaDescription, QuotaEntity, QuotaName } from '@klamm/client/admin/quotas';
import type { CommandRun, Flags } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import type { Column, Row } from '../output/rows.ts';
import { QUOTA_FLAGS, quotaValue } from '../quota-flags.ts';
import { usageError } from '../usage-error.ts';

const COLUMNS: readonly Column[] = [
  { key: 'user', title: 'USER' },
  { key: 'clientId', title: 'CLIENT ID' },
  { key: 'ip', title: 'IP' },
  { key: 'quota', title: 'QUOTA' },
  { key: 'value', title: 'VALUE', isNumber: true },
];
const DEFAULT = '(default)';

export const listQuotas: CommandRun = async (context, _parameters, flags) => {
  await using admin = (await context.kafka()).admin();
  const found = await admin.describeQuotas(entityIn(flags));
  await context.rows(COLUMNS, found.flatMap(rowsOf), 'There are no such quotas.');
};

export const setQuotas: CommandRun = async (context, _parameters, flags) => {
  const entity = neededEntity(flags);
  const quotas: Partial<Record<QuotaName, number>> = {};
  for (const { flag, quota } of QUOTA_FLAGS) {
    const text = flags.text(flag);
    if (text !== undefined) quotas[quota] = quotaValue(quota, text, flag);
  }
  const rows = rowsOf({ entity, quotas });
  if (rows.length === 0)
    throw usageError('Which quota? Give --produce, --consume, --requests, --changes or --connections.');
  if (!context.globals.dryRun) {
    await using admin = (await context.kafka()).admin();
    await admin.alterQuotas([{ entity, quotas }]);
  }
  context.say(context.globals.dryRun ? 'Would be set:' : 'Set:');
  await context.rows(COLUMNS, rows, '');
};

export const removeQuotas: CommandRun = async (context, _parameters, flags) => {
  const entity = neededEntity(flags);
  const wanted = new Set(flags.list('quota'));
  await using admin = (await context.kafka()).admin();
  const found = await admin.describeQuotas({ ...entity, strict: true });
  const rows = found.flatMap(rowsOf).filter(({ quota }) => wanted.size === 0 || wanted.has(String(quota)));
  if (rows.length === 0) return context.say('There are no such quotas.');
  if (context.globals.dryRun) {
    context.say('Would be removed:');
    return context.rows(COLUMNS, rows, '');
  }
  const question = `Remove ${rows.map(({ quota }) => quota).join(', ')} of ${textOf(entity)}?`;
  if (!(await isConfirmed(context, question))) return;
  await admin.alterQuotas([{ entity, quotas: Object.fromEntries(rows.map(({ quota }) => [quota, null])) }]);
  context.say('Removed:');
  await context.rows(COLUMNS, rows, '');
};

function rowsOf({ entity, quotas }: Pick<QuotaDescription, 'entity' | 'quotas'>): Row[] {
  const named = (name: string | null | undefined): string | null =>
    name === null ? DEFAULT : (name ?? null);
  return Object.entries(quotas).map(([quota, value]) => ({
    user: named(entity.user),
    clientId: named(entity.clientId),
    ip: named(entity.ip),
    quota,
    value,
  }));
}

function entityIn(flags: Flags): QuotaEntity {
  const one = (name: 'user' | 'client' | 'ip'): string | null | undefined => {
    const isDefault = flags.on(`${name}Default`);
    const given = flags.text(name);
    if (isDefault && given !== undefined) throw usageError(`Give --${name} or --${name}-default, not both.`);
    return isDefault ? null : given;
  };
  const [user, clientId, ip] = [one('user'), one('client'), one('ip')];
  return {
    ...(user === undefined ? {} : { user }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(ip === undefined ? {} : { ip }),
  };
}

function neededEntity(flags: Flags): QuotaEntity {
  const entity = entityIn(flags);
  if (Object.keys(entity).length > 0) return entity;
  throw usageError(
    'Whose quota? Give --user, --client or --ip, or the default of one of them, as --user-default.',
  );
}

function textOf(entity: QuotaEntity): string {
  return Object.entries(entity)
    .map(([kind, name]) => `${kind} ${name ?? DEFAULT}`)
    .join(', ');
}
