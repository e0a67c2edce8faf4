// What --help says below the flags, and all of it for programs.

import type { CommandSpec } from './command.ts';
import { globalFlags } from './global-flags.ts';

/** The notes, then the examples with their meanings in a column; a long example has its meaning above it. */
export function examplesText(spec: CommandSpec): string {
  const width = Math.max(0, ...spec.examples.map(([line]) => line.length).filter((length) => length <= 52));
  const lines = spec.examples.map(([line, about]) =>
    line.length > width ? `  # ${about}\n  $ ${line}` : `  $ ${line.padEnd(width)}  ${about}`,
  );
  const notes = spec.notes === undefined ? '' : `\n${spec.notes}\n`;
  return `${notes}\nExamples:\n${lines.join('\n')}\n`;
}

/** The whole of a command and what is below it, as plain data. */
export function helpForPrograms(spec: CommandSpec): object {
  const { name, aliases = [], about, parameters = [], flags = [], examples, notes = null } = spec;
  return {
    name,
    aliases,
    about,
    parameters,
    flags: [...flags, ...(spec.commands === undefined ? globalFlags(spec) : [])],
    examples: examples.map(([line, meaning]) => ({ line, about: meaning })),
    notes,
    commands: (spec.commands ?? []).map(helpForPrograms),
  };
}
