// `klamm acl`: who may do what. What is to be added or removed is shown as rows, the same that `list` shows.

import type { Acl, NewAcl } from '@klamm/client/admin/acls';
import { aclsOf, filtersOf } from '../acl-flags.ts';
import type { CommandRun } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import type { Column, Row } from '../output/rows.ts';
import { usageError } from '../usage-error.ts';

const COLUMNS: readonly Column[] = [
  { key: 'resourceType', title: 'RESOURCE' },
  { key: 'resourceName', title: 'NAME' },
  { key: 'patternType', title: 'PATTERN' },
  { key: 'permission', title: 'PERMISSION' },
  { key: 'principal', title: 'PRINCIPAL' },
  { key: 'host', title: 'HOST' },
  { key: 'operation', title: 'OPERATION' },
];

function rowOf(acl: Acl | NewAcl): Row {
  const { resourceType, resourceName, patternType = 'literal', permission = 'allow' } = acl;
  const { principal, host = '*', operation } = acl;
  return { resourceType, resourceName, patternType, permission, principal, host, operation };
}

/** By resource, then by principal: what belongs together stands together. */
function rowsOf(acls: readonly (Acl | NewAcl)[]): Row[] {
  const byText = new Map(acls.map((acl) => [Object.values(rowOf(acl)).join('\n'), rowOf(acl)]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

export const listAcls: CommandRun = async (context, _parameters, flags) => {
  const filters = filtersOf(flags);
  await using admin = (await context.kafka()).admin();
  const found = await Promise.all(filters.map((filter) => admin.describeAcls(filter)));
  await context.rows(COLUMNS, rowsOf(found.flat()), 'There are no such ACLs.');
};

export const addAcls: CommandRun = async (context, _parameters, flags) => {
  const acls = aclsOf(flags);
  const rows = rowsOf(acls);
  if (!context.globals.dryRun) {
    await using admin = (await context.kafka()).admin();
    await admin.createAcls(acls);
  }
  const count = `${rows.length} ${rows.length === 1 ? 'ACL' : 'ACLs'}`;
  context.say(context.globals.dryRun ? `Would be added: ${count}.` : `Added: ${count}.`);
  await context.rows(COLUMNS, rows, '');
};

export const removeAcls: CommandRun = async (context, _parameters, flags) => {
  const isSet = flags.on('producer') || flags.on('consumer');
  const filters = isSet ? aclsOf(flags) : filtersOf(flags);
  const isEverything = filters.some((filter) => Object.keys(filter).length === 0);
  if (isEverything && !flags.on('all'))
    throw usageError('Which ACLs? Name a resource, a user or an operation; --all means all of them.');
  await using admin = (await context.kafka()).admin();
  const found = (await Promise.all(filters.map((filter) => admin.describeAcls(filter)))).flat();
  const rows = rowsOf(found);
  if (rows.length === 0) {
    context.fail('There are no such ACLs.');
    return;
  }
  const count = `${rows.length} ${rows.length === 1 ? 'ACL' : 'ACLs'}`;
  if (context.globals.dryRun) context.say(`Would be removed: ${count}.`);
  await context.rows(COLUMNS, rows, '');
  if (context.globals.dryRun || !(await isConfirmed(context, `Remove ${count}?`))) return;
  await admin.deleteAcls(filters);
  context.say(`Removed: ${count}.`);
};
