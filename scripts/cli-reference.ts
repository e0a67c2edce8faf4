// docs/cli.md: every command of `klamm` with its parameters, flags and examples, written from the command table that
// --help is made of. scripts/tidy.ts says when it is stale.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandSpec, FlagSpec } from '../packages/cli/src/command.ts';
import { commands } from '../packages/cli/src/commands/table.ts';
import { globalFlags } from '../packages/cli/src/global-flags.ts';

const PATH = 'docs/cli.md';

const HEADER = `# The command line

<!-- Written by \`npm run tidy -- --fix\` from packages/cli/src/commands: edit those. -->

\`klamm\` works on any Kafka cluster; \`klamm start\` runs a broker. In a clone of this repository it is \`npx klamm\`, after \`npm start\`
has installed what it needs once. \`klamm COMMAND --help\` says what is below, \`--help-json\` says it to programs.

Data goes to stdout, all else to stderr. The exit code is 0 when it is done, 1 when something failed, 2 when the command line was
not understood. Of several values for one thing, a flag counts before an environment variable, that before \`--command-config\` and
the profile, and those before the default.`;

const ENVIRONMENT = [
  ['KLAMM_BOOTSTRAP', '`--bootstrap`'],
  ['KLAMM_PROFILE', '`--profile`'],
  ['KLAMM_COMMAND_CONFIG', '`--command-config`'],
  ['KLAMM_OUTPUT', '`--output`'],
  ['KLAMM_TIMEOUT', '`--timeout`'],
  ['KLAMM_QUIET, KLAMM_VERBOSE, KLAMM_YES', 'the flags of the same name, when not empty or 0'],
  ['KLAMM_NO_COLOR, NO_COLOR', '`--no-color`'],
  ['KLAMM_DATA, KLAMM_PORT', '`--data` and `--port` of `klamm start`'],
  ['KAFKA_…, KAFKA_CFG_…', "the broker's settings, as the images of Kafka take them"],
] as const;

function flagList(flags: readonly FlagSpec[]): string {
  return flags
    .map(
      ({ flags, about, repeats }) =>
        `- \`${flags}\`: ${about}${repeats === true ? ' (may be given several times)' : ''}`,
    )
    .join('\n');
}

function section(spec: CommandSpec, parents: string): string[] {
  const path = `${parents} ${spec.name}`;
  if (spec.commands !== undefined) return spec.commands.flatMap((child) => section(child, path));
  const parameters = spec.parameters ?? [];
  const usage = [path, ...parameters.map(({ name }) => name)].join(' ');
  const aliases = (spec.aliases ?? []).map((alias) => `\`${parents} ${alias}\``).join(', ');
  const width = Math.max(...spec.examples.map(([line]) => line.length));
  const examples = spec.examples.map(([line, about]) => `${line.padEnd(width)}  # ${about}`).join('\n');
  return [
    `## ${path}`,
    `\`${usage}\`: ${spec.about}.${aliases === '' ? '' : ` Also ${aliases}.`}`,
    ...(spec.flags === undefined ? [] : [flagList(spec.flags)]),
    ...(spec.notes === undefined ? [] : [`\`\`\`text\n${spec.notes}\n\`\`\``]),
    `\`\`\`sh\n${examples}\n\`\`\``,
  ];
}

/** What docs/cli.md has to say. */
export function referenceText(): string {
  const everywhere = globalFlags({ name: '', about: '', examples: [] });
  return `${[
    HEADER,
    '## Flags of every command',
    `${flagList(everywhere)}\n\n\`klamm start\` and \`klamm completion\`, which talk to no cluster, have those from \`--quiet\` on. \`-o\` of \`klamm consume\` is its own.`,
    '## Environment',
    ENVIRONMENT.map(([name, meaning]) => `- \`${name}\`: ${meaning}`).join('\n'),
    ...commands.flatMap((spec) => section(spec, 'klamm')),
  ].join('\n\n')}\n`;
}

/** The path of docs/cli.md where it does not say what the table says. */
export function staleReference(root: string): string[] {
  let text = '';
  try {
    text = readFileSync(join(root, PATH), 'utf8');
  } catch {
    // It is not there yet.
  }
  return text === referenceText() ? [] : [PATH];
}

export function writeReference(root: string): string[] {
  const stale = staleReference(root);
  if (stale.length > 0) writeFileSync(join(root, PATH), referenceText());
  return stale;
}
