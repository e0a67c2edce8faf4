// The file with the profiles: `klamm/config.toml` in $XDG_CONFIG_HOME, or ~/.config. It is written so that only its
// owner reads it, and put in place whole. What a person wrote into it besides, as comments, is lost when it is written.

import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { nearest } from '@klamm/base/config';
import { messageOf } from '@klamm/base/errors';
import { secretOfFile, secretOfVariable } from '../secret.ts';
import { usageError } from '../usage-error.ts';
import { checkedProfile, type Profile, plainSecrets, propertiesOf } from './profile.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Profiles {
  readonly path: string;
  /** The one that counts where none is named; undefined for none. */
  readonly current: string | undefined;
  readonly profiles: ReadonlyMap<string, Profile>;
}

const OWNER_ONLY = 0o600;

export function profilesPath(environment: Environment): string {
  const home = environment.XDG_CONFIG_HOME;
  const base = home !== undefined && isAbsolute(home) ? home : join(environment.HOME ?? '.', '.config');
  return join(base, 'klamm', 'config.toml');
}

/** Throws a usage error where the file cannot be read or is not in order. A file that is not there has no profiles. */
export async function readProfiles(environment: Environment): Promise<Profiles> {
  const path = profilesPath(environment);
  if (!existsSync(path)) return { path, current: undefined, profiles: new Map() };
  const { parse } = await import('smol-toml');
  let table: Record<string, unknown>;
  try {
    table = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // The message of the parser quotes lines, which may hold a secret.
    const line = (error as { line?: unknown }).line;
    const where = typeof line === 'number' ? `, line ${line}` : '';
    throw usageError(`${path} is no TOML${where}: ${messageOf(error).split('\n')[0]}`);
  }
  const { current, profiles = {} } = table;
  const read = Object.entries(profiles as Record<string, unknown>).map(
    ([name, value]) => [name, checkedProfile(value, `${path}: profiles.${name}`)] as const,
  );
  return { path, current: typeof current === 'string' ? current : undefined, profiles: new Map(read) };
}

export async function writeProfiles({ path, current, profiles }: Profiles): Promise<void> {
  const { stringify } = await import('smol-toml');
  const text = stringify({
    ...(current === undefined ? {} : { current }),
    profiles: Object.fromEntries(profiles),
  });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text, { mode: OWNER_ONLY });
  chmodSync(unfinished, OWNER_ONLY);
  renameSync(unfinished, path);
}

/** The named profile. Throws a usage error that names the nearest where there is none. */
export function profileNamed({ profiles, path }: Profiles, name: string): Profile {
  const profile = profiles.get(name);
  if (profile !== undefined) return profile;
  const near = nearest(name, profiles.keys());
  throw usageError(
    profiles.size === 0
      ? `There is no profile ${name}: ${path} has none. One comes by: klamm profile add ${name}`
      : `There is no profile ${name}${near === undefined ? `; there are ${[...profiles.keys()].join(', ')}` : `; did you mean ${near}?`}`,
  );
}

/** What a profile stands for, in Kafka's names; files are looked for beside the file with the profiles. */
export function profileProperties(all: Profiles, name: string): Record<string, string> {
  const beside = (path: string): string => resolve(dirname(all.path), path);
  return propertiesOf(profileNamed(all, name), name, {
    file: (path, what) => secretOfFile(beside(path), what),
    variable: secretOfVariable,
    path: beside,
  });
}

/** A warning where others can read the secrets in the file; undefined where not. */
export function exposure({ path, profiles }: Profiles): string | undefined {
  if (
    process.platform === 'win32' ||
    ![...profiles.values()].some((profile) => plainSecrets(profile).length > 0)
  )
    return undefined;
  const { mode } = statSync(path);
  if ((mode & 0o077) === 0) return undefined;
  return `${path} holds passwords, and others can read it: chmod 600 ${path}`;
}
