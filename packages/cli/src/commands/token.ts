// `klamm token`: delegation tokens. A token's HMAC is its password: only `create`, whose result it is, prints it.

import type { DelegationToken } from '@klamm/client/admin/tokens';
import { principalText } from '../acl-flags.ts';
import type { CommandRun, Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { parseDuration } from '../duration.ts';
import type { Column, Row } from '../output/rows.ts';
import { needSecret, secretSources } from '../secret.ts';
import { namesOf } from '../several.ts';
import { usageError } from '../usage-error.ts';

const COLUMNS: readonly Column[] = [
  { key: 'token', title: 'TOKEN' },
  { key: 'owner', title: 'OWNER' },
  { key: 'expires', title: 'EXPIRES' },
  { key: 'renewableUntil', title: 'RENEWABLE UNTIL' },
  { key: 'renewers', title: 'RENEWERS', isWide: true },
  { key: 'requester', title: 'REQUESTER', isWide: true },
];

const timeText = (ms: number): string => new Date(ms).toISOString();

function rowOf({ tokenId, owner, expiresAt, renewableUntil, renewers, requester }: DelegationToken): Row {
  return {
    token: tokenId,
    owner,
    expires: timeText(expiresAt),
    renewableUntil: timeText(renewableUntil),
    renewers: [...renewers],
    requester,
  };
}

export const createToken: CommandRun = async (context, _parameters, flags) => {
  const owner = flags.text('owner');
  const lifetime = durationOf(flags, 'maxLifetime', '--max-lifetime');
  if (context.globals.dryRun) return context.say('A token would be made.');
  await using admin = (await context.kafka()).admin();
  const token = await admin.createToken({
    ...(owner === undefined ? {} : { owner: principalText(owner) }),
    renewers: flags.list('renewer').map(principalText),
    ...(lifetime === undefined ? {} : { maxLifetimeMs: lifetime }),
  });
  const hmac = token.hmac.toString('base64');
  context.say(
    'Log in with it by SCRAM: the token is the user, the HMAC the password (sasl.jaas.config with tokenauth=true).',
  );
  await context.rows([...COLUMNS, { key: 'hmac', title: 'HMAC' }], [{ ...rowOf(token), hmac }], '');
};

export const listTokens: CommandRun = async (context, [owners]) => {
  const wanted = namesOf(owners).map(principalText);
  await using admin = (await context.kafka()).admin();
  const tokens = await admin.describeTokens(wanted.length > 0 ? wanted : undefined);
  await context.rows(COLUMNS, tokens.map(rowOf), 'There are no tokens that you may see.');
};

export const renewToken: CommandRun = async (context, _parameters, flags) => {
  const period = durationOf(flags, 'for', '--for');
  const hmac = await hmacOf(flags);
  await using admin = (await context.kafka()).admin();
  await tellExpiry(context, () => admin.renewToken(hmac, period));
};

export const endToken: CommandRun = async (context, _parameters, flags) => {
  const after = durationOf(flags, 'after', '--after');
  const hmac = await hmacOf(flags);
  await using admin = (await context.kafka()).admin();
  await tellExpiry(context, () => admin.expireToken(hmac, after));
};

async function tellExpiry(context: CommandContext, change: () => Promise<number>): Promise<void> {
  if (context.globals.dryRun) return context.say('The token would expire at another time.');
  context.say(`The token expires at ${timeText(await change())}.`);
}

async function hmacOf(flags: Flags): Promise<Buffer> {
  const text = await needSecret(secretSources(flags, 'hmac'), 'HMAC of the token', { flag: 'hmac' });
  return Buffer.from(text, 'base64');
}

function durationOf(flags: Flags, name: string, flag: string): number | undefined {
  const text = flags.text(name);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined) throw usageError(`${flag} ${text}: write it as 90s, 20m or 2h.`);
  return ms;
}
