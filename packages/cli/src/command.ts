// The shape of the command table: what a command is called, takes, does and shows as examples.
//
// Everything a user meets (parsing, --help, --help-json, completion, docs/cli.md) is read from these rows, so none of
// it can disagree with another. A row loads its command's code only when it runs.

import type { CommandContext } from './context.ts';

/** One flag as commander writes it: `-p, --partitions <count>`. */
export interface FlagSpec {
  readonly flags: string;
  readonly about: string;
  /** May be given several times; the values are gathered in a list. */
  readonly repeats?: boolean;
  readonly choices?: readonly string[];
}

export interface CommandSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly about: string;
  /** As commander writes them: `<topic>`, `[topics...]`. */
  readonly parameters?: readonly { readonly name: string; readonly about: string }[];
  readonly flags?: readonly FlagSpec[];
  /** Pairs of command line (without the `$`) and what it does. */
  readonly examples: readonly (readonly [line: string, about: string])[];
  /** Text below the flags: grammars and rules that a flag's own line has no room for. */
  readonly notes?: string;
  /** True where it talks to no cluster, so that the global flags for one are not shown. */
  readonly isLocal?: boolean;
  /** True where no profile is used, so that one that is not in order can be mended. */
  readonly isWithoutProfile?: boolean;
  /** True where such a command prints rows all the same. */
  readonly printsRows?: boolean;
  readonly load?: () => Promise<CommandRun>;
  readonly commands?: readonly CommandSpec[];
}

/** Runs a command: parameters in order (a variadic one is a list), flags by their camel-case names. */
export type CommandRun = (
  context: CommandContext,
  parameters: readonly (string | readonly string[] | undefined)[],
  flags: Flags,
) => Promise<void>;

/** The flags of one command line, read by type. */
export class Flags {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  on(name: string): boolean {
    return this.#values[name] === true;
  }

  /** True where a flag `--no-NAME` is given. */
  off(name: string): boolean {
    return this.#values[name] === false;
  }
}
