// `klamm user`: users that log in by SCRAM. Several users are done one by one: what fails is told, the others go on.

import { KlammError } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import type { ScramMechanism } from '@klamm/client/admin/users';
import { SCRAM_MECHANISMS } from '@klamm/protocol/sasl/scram-keys';
import type { CommandRun, Flags } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import type { CommandContext } from '../context.ts';
import { needSecret, secretSources } from '../secret.ts';
import { failOrThrow, namesOf } from '../several.ts';
import { usageError } from '../usage-error.ts';

export const listUsers: CommandRun = async (context, [names]) => {
  const wanted = namesOf(names);
  await using admin = (await context.kafka()).admin();
  const users = await admin.describeUsers(wanted.length > 0 ? wanted : undefined);
  const rows = users.flatMap(({ name, credentials }) =>
    credentials.map(({ mechanism, iterations }) => ({ user: name, mechanism, iterations })),
  );
  const columns = [
    { key: 'user', title: 'USER' },
    { key: 'mechanism', title: 'MECHANISM' },
    { key: 'iterations', title: 'ITERATIONS', isNumber: true },
  ];
  await context.rows(columns, rows, 'There are no users. One comes by: klamm user add NAME');
};

export const addUser: CommandRun = async (context, [name], flags) => {
  await using admin = (await context.kafka()).admin();
  const user = String(name);
  if ((await mechanismsOf(admin, user)).length > 0)
    throw usageError(`The user ${user} is there already: klamm user set-password ${user}`);
  await setPassword(context, admin, user, mechanismsIn(flags) ?? ['SCRAM-SHA-512'], flags);
};

export const setUserPassword: CommandRun = async (context, [name], flags) => {
  await using admin = (await context.kafka()).admin();
  const user = String(name);
  const has = await mechanismsOf(admin, user);
  if (has.length === 0) throw usageError(`There is no user ${user}: klamm user add ${user}`);
  await setPassword(context, admin, user, mechanismsIn(flags) ?? has, flags);
};

export const removeUsers: CommandRun = async (context, [names], flags) => {
  const users = namesOf(names);
  const mechanisms = mechanismsIn(flags);
  if (context.globals.dryRun) {
    for (const user of users) context.say(`The user ${user} would be removed.`);
    return;
  }
  if (!(await isConfirmed(context, `Remove ${users.join(', ')}?`))) return;
  await using admin = (await context.kafka()).admin();
  for (const user of users) {
    try {
      await admin.deleteUser(user, mechanisms);
      context.say(
        `The user ${user} ${mechanisms === undefined ? '' : `of ${mechanisms.join(', ')} `}is removed.`,
      );
    } catch (error) {
      failOrThrow(context, error);
    }
  }
};

async function setPassword(
  context: CommandContext,
  admin: Admin,
  name: string,
  mechanisms: readonly ScramMechanism[],
  flags: Flags,
): Promise<void> {
  const iterations = iterationsIn(flags);
  const password = await needSecret(secretSources(flags), `Password of ${name}`, { isNew: true });
  if (context.globals.dryRun) return context.say(`The user ${name} would get a password.`);
  await admin.setUserPasswords(mechanisms.map((mechanism) => ({ name, password, mechanism, ...iterations })));
  context.say(`The user ${name} can log in by ${mechanisms.join(' and ')}.`);
}

async function mechanismsOf(admin: Admin, name: string): Promise<ScramMechanism[]> {
  try {
    const [user] = await admin.describeUsers([name]);
    return (user?.credentials ?? []).flatMap(({ mechanism }) => (mechanism === 'unknown' ? [] : [mechanism]));
  } catch (error) {
    if (error instanceof KlammError && error.code === 'RESOURCE_NOT_FOUND') return [];
    throw error;
  }
}

function mechanismsIn(flags: Flags): ScramMechanism[] | undefined {
  const given = flags.list('mechanism');
  if (given.length === 0) return undefined;
  return (Object.keys(SCRAM_MECHANISMS) as ScramMechanism[]).filter((name) => given.includes(name));
}

function iterationsIn(flags: Flags): { iterations?: number } {
  const text = flags.text('iterations');
  if (text === undefined) return {};
  if (!/^\d+$/.test(text)) throw usageError(`--iterations ${text}: a whole number is needed.`);
  return { iterations: Number(text) };
}
