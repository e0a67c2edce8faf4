// `klamm profile`: clusters and logins under names. No secret is ever printed, and none is written down unasked.

import { resolve } from 'node:path';
import { SECRET_PROPERTIES } from '@klamm/client/security/client-properties';
import { parseJaas } from '@klamm/protocol/sasl/jaas';
import type { CommandRun, Flags } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import { connectionOptions, fileProperties } from '../connection-properties.ts';
import type { CommandContext } from '../context.ts';
import { type Profile, plainSecrets, profileOf, shownProfile } from '../profiles/profile.ts';
import {
  type Profiles,
  profileNamed,
  profileProperties,
  readProfiles,
  writeProfiles,
} from '../profiles/profile-file.ts';
import { needSecret } from '../secret.ts';
import { namesOf } from '../several.ts';
import { usageError } from '../usage-error.ts';

const isSecretProperty = (name: string): boolean => SECRET_PROPERTIES.includes(name);

export const listProfiles: CommandRun = async (context) => {
  const { profiles, current } = await readProfiles(process.env);
  const rows = [...profiles].map(([name, profile]) => ({
    current: name === current,
    name,
    bootstrap: profile.bootstrap ?? null,
    tls: profile.tls !== undefined,
    mechanism: profile.sasl?.mechanism ?? null,
    username: profile.sasl?.username ?? null,
  }));
  const { output } = context.globals;
  const isTable = output === undefined || output === 'table' || output === 'wide';
  const columns = [
    { key: 'current', title: '' },
    { key: 'name', title: 'NAME' },
    { key: 'bootstrap', title: 'BOOTSTRAP' },
    { key: 'tls', title: 'TLS' },
    { key: 'mechanism', title: 'MECHANISM' },
    { key: 'username', title: 'USER' },
  ];
  const shown = isTable ? rows.map((row) => ({ ...row, current: row.current ? '*' : '' })) : rows;
  await context.rows(columns, shown, 'There are no profiles. One comes by: klamm profile add NAME');
};

export const addProfile: CommandRun = async (context, [name], flags) => {
  const tls = tlsOf(flags);
  const sasl = await saslOf(flags, String(name));
  const { bootstrap } = context.globals;
  await keep(
    context,
    String(name),
    {
      bootstrap,
      ...(tls === undefined ? {} : { tls }),
      ...(sasl === undefined ? {} : { sasl }),
    },
    flags,
  );
};

export const importProfile: CommandRun = async (context, [name, file], flags) => {
  const profile = profileOf(
    fileProperties(String(file)),
    (text) => parseJaas(text, `${file}: sasl.jaas.config`).options,
    (path) => resolve(path),
  );
  await keep(context, String(name), profile, flags);
};

export const useProfile: CommandRun = async (context, [name]) => {
  const all = await readProfiles(process.env);
  const current = name === undefined ? undefined : String(name);
  if (current !== undefined) profileNamed(all, current);
  if (!context.globals.dryRun) await writeProfiles({ ...all, current });
  context.say(current === undefined ? 'No profile is used.' : `The profile ${current} is used from now on.`);
};

export const showProfile: CommandRun = async (context, [name]) => {
  const all = await readProfiles(process.env);
  const shown = shownProfile(profileNamed(all, nameOf(all, name)), isSecretProperty);
  const { output } = context.globals;
  if (output === 'json' || output === 'ndjson')
    return context.write(`${JSON.stringify(shown, null, output === 'json' ? 2 : 0)}\n`);
  const { stringify } = await import('smol-toml');
  await context.write(`${stringify({ ...shown })}\n`);
};

export const testProfile: CommandRun = async (context, [name]) => {
  const all = await readProfiles(process.env);
  const profile = nameOf(all, name);
  const properties = profileProperties(all, profile);
  const { options, unused } = connectionOptions(properties);
  if (unused.length > 0) context.say(`Without a meaning here: ${unused.join(', ')}.`);
  const brokers = properties['bootstrap.servers'] ?? context.globals.bootstrap;
  await using admin = (await context.kafka({ ...options, brokers })).admin();
  const cluster = await admin.describeCluster();
  const who = all.profiles.get(profile)?.sasl?.username;
  const how = [
    options.tls === undefined ? 'in the clear' : 'over TLS',
    ...(who === undefined ? [] : [`as ${who}`]),
  ];
  const rows = cluster.brokers.map(({ nodeId, host, port }) => ({
    node: nodeId,
    host,
    port,
    cluster: cluster.clusterId,
  }));
  context.say(`The profile ${profile} works: ${brokers} answers, ${how.join(', ')}.`);
  const columns = [
    { key: 'node', title: 'NODE', isNumber: true },
    { key: 'host', title: 'HOST' },
    { key: 'port', title: 'PORT', isNumber: true },
    { key: 'cluster', title: 'CLUSTER' },
  ];
  await context.rows(columns, rows, 'The cluster names no broker.');
};

export const removeProfiles: CommandRun = async (context, [names]) => {
  const wanted = namesOf(names);
  const all = await readProfiles(process.env);
  for (const name of wanted) profileNamed(all, name);
  if (context.globals.dryRun || !(await isConfirmed(context, `Remove ${wanted.join(', ')}?`))) return;
  const profiles = new Map([...all.profiles].filter(([name]) => !wanted.includes(name)));
  const current = all.current !== undefined && wanted.includes(all.current) ? undefined : all.current;
  await writeProfiles({ ...all, current, profiles });
  context.say(`Removed: ${wanted.join(', ')}.`);
};

async function keep(context: CommandContext, name: string, profile: Profile, flags: Flags): Promise<void> {
  if (!/^[\w.-]+$/.test(name))
    throw usageError(`A profile is called by letters, digits, dots, dashes and underscores, not "${name}".`);
  const all = await readProfiles(process.env);
  const isThere = all.profiles.has(name);
  if (isThere && !(await isConfirmed(context, `There is a profile ${name}. Replace it?`))) return;
  const current = flags.on('use') ? name : all.current;
  if (!context.globals.dryRun) {
    await writeProfiles({ ...all, current, profiles: new Map([...all.profiles, [name, profile]]) });
  }
  const secrets = plainSecrets(profile);
  const isWritten = context.globals.dryRun ? 'would be' : 'is';
  context.say(`The profile ${name} ${isWritten} in ${all.path}.`);
  if (secrets.length > 0) {
    const fields = secrets.map((field) => `${field}_file or ${field}_env`).join(', ');
    context.say(
      `It holds ${secrets.join(', ')} as plain text, which only you can read. ${fields} would keep it elsewhere.`,
    );
  }
}

function nameOf({ current }: Profiles, name: string | readonly string[] | undefined): string {
  const chosen = typeof name === 'string' ? name : current;
  if (chosen === undefined)
    throw usageError('Which profile? None is in use; klamm profile list shows what there is.');
  return chosen;
}

function tlsOf(flags: Flags): Profile['tls'] {
  const paths = { ca: 'ca', cert: 'cert', key: 'key', keystore: 'keystore' };
  const tls: Record<string, string> = {};
  for (const [field, flag] of Object.entries(paths)) {
    const path = flags.text(flag);
    if (path !== undefined) tls[field] = resolve(path);
  }
  Object.assign(tls, secretPlace(flags, 'caPassword', 'truststore_password'));
  Object.assign(tls, secretPlace(flags, 'keystorePassword', 'keystore_password'));
  return flags.on('tls') || Object.keys(tls).length > 0 ? tls : undefined;
}

async function saslOf(flags: Flags, name: string): Promise<Profile['sasl']> {
  const mechanism = flags.text('mechanism');
  const username = flags.text('username');
  const isBearer = mechanism === 'OAUTHBEARER';
  const place = secretPlace(flags, 'password', isBearer ? 'token' : 'password');
  if (mechanism === undefined) {
    if (username === undefined && Object.keys(place).length === 0) return undefined;
    throw usageError('How to log in? Say it by --mechanism SCRAM-SHA-512, or another.');
  }
  if (username === undefined && !isBearer) throw usageError(`--mechanism ${mechanism} needs --username.`);
  const isStored = flags.on('storePassword');
  if (Object.keys(place).length === 0 && !isStored)
    throw usageError('Where is the password? Say it by --password-file, --password-env or --store-password.');
  const password = isStored ? await needSecret({}, `Password of ${name}`) : undefined;
  return {
    mechanism,
    ...(username === undefined ? {} : { username }),
    ...place,
    ...(password === undefined ? {} : { [isBearer ? 'token' : 'password']: password }),
  };
}

/** Where a secret is, as a profile writes it: `password_file`, `password_env`. */
function secretPlace(flags: Flags, flag: string, field: string): Record<string, string> {
  const file = flags.text(`${flag}File`);
  const variable = flags.text(`${flag}Env`);
  if (file !== undefined && variable !== undefined)
    throw usageError(`Give a file or a variable for ${field}, not both.`);
  if (file !== undefined) return { [`${field}_file`]: resolve(file) };
  return variable === undefined ? {} : { [`${field}_env`]: variable };
}
