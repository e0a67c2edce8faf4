// Passwords that a command needs: from a file, a variable, or a person who types them unseen. Never from a flag: that
// would be in the shell's history, and every user of the machine could read it off the list of processes.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { messageOf } from '@klamm/base/errors';
import type { FlagSpec, Flags } from './command.ts';
import { usageError } from './usage-error.ts';

const EXIT_INTERRUPTED = 130;

export interface SecretSources {
  /** A file whose first line it is; `-` is stdin. */
  readonly file?: string | undefined;
  /** The name of an environment variable. */
  readonly variable?: string | undefined;
}

/** The flags of a command that needs one secret: `--password-file` and `--password-env`, by default. */
export function secretFlags(name = 'password', what = 'the password'): FlagSpec[] {
  return [
    { flags: `--${name}-file <file>`, about: `a file with ${what} in its first line; - is stdin` },
    { flags: `--${name}-env <variable>`, about: `an environment variable with ${what}` },
  ];
}

/** What those flags say. `name` in camel case: `password`, `keyPassword`. */
export const secretSources = (flags: Flags, name = 'password'): SecretSources => ({
  file: flags.text(`${name}File`),
  variable: flags.text(`${name}Env`),
});

/**
 * The secret that a file or a variable holds; undefined where neither is named. Throws a usage error that names the file
 * or the variable, and never shows what is in it. `flag`: what to call the flags by, as `password`.
 */
export function givenSecret({ file, variable }: SecretSources, flag = 'password'): string | undefined {
  if (file !== undefined && variable !== undefined)
    throw usageError(`Give --${flag}-file or --${flag}-env, not both.`);
  if (file !== undefined) return secretOfFile(file, `--${flag}-file ${file}`);
  return variable === undefined ? undefined : secretOfVariable(variable, `--${flag}-env ${variable}`);
}

/** `name`: what to begin an error with. */
export function secretOfFile(path: string, name: string): string {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw usageError(`${name} cannot be read: ${messageOf(error)}.`);
  }
  const [line = ''] = text.split(/\r?\n/);
  if (line === '') throw usageError(`${name}: its first line, which should be the secret, is empty.`);
  return line;
}

export function secretOfVariable(variable: string, name: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '') throw usageError(`${name}: this variable is not set.`);
  return value;
}

/**
 * As `givenSecret`, else asks for it on a terminal, twice where it is a new one. Throws a usage error where there is no
 * terminal.
 *
 * @param what as in "Password of alice"
 */
export async function needSecret(
  sources: SecretSources,
  what: string,
  { isNew = false, flag = 'password' }: { readonly isNew?: boolean; readonly flag?: string } = {},
): Promise<string> {
  const given = givenSecret(sources, flag);
  if (given !== undefined) return given;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw usageError(`${what}: say where it is by --${flag}-file or --${flag}-env.`);
  const secret = await typedUnseen(`${what}: `);
  if (secret === '') throw usageError(`${what}: it cannot be empty.`);
  if (isNew && (await typedUnseen(`${what}, once more: `)) !== secret)
    throw usageError(`${what}: the second was not the same as the first.`);
  return secret;
}

async function typedUnseen(question: string): Promise<string> {
  process.stderr.write(question);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: unseen, terminal: true, historySize: 0 });
  terminal.on('SIGINT', () => {
    terminal.close();
    process.stderr.write('\n');
    process.exit(EXIT_INTERRUPTED);
  });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
