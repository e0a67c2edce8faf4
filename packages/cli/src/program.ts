// The command table → commander. Each command's own code is loaded when it runs, so that `klamm start` pays for
// nothing else; global flags may stand before the command or after it, and the later one counts.

import { nearest } from '@klamm/base/config';
import { Command, Option } from 'commander';
import { type CommandSpec, type FlagSpec, Flags } from './command.ts';
import { commands } from './commands/table.ts';
import { storedProperties } from './connection-properties.ts';
import { CommandContext } from './context.ts';
import { globalFlags } from './global-flags.ts';
import { givenBy, globalsFrom } from './globals.ts';
import { examplesText, helpForPrograms } from './help.ts';
import { usageError } from './usage-error.ts';
import { VERSION } from './version.ts';

/** What a command leaves behind besides its output. */
export interface Outcome {
  exitCode: number;
}

const root: CommandSpec = {
  name: 'klamm',
  about:
    'Kafka for TypeScript, whole: a durable Kafka-compatible broker, and commands for any Kafka cluster.',
  examples: [
    ['klamm start', 'a durable broker on 127.0.0.1:9092'],
    ['klamm topic create orders -p 3', 'a topic with three partitions'],
    ['echo hello | klamm produce orders', 'a record'],
    ['klamm consume orders -o start -e', 'all records, then stop'],
  ],
  notes:
    'KLAMM_BOOTSTRAP, KLAMM_PROFILE, KLAMM_COMMAND_CONFIG, KLAMM_OUTPUT, KLAMM_TIMEOUT and KLAMM_NO_COLOR stand for the flags\n' +
    'of the same name. A flag counts before its variable, and that before the profile.\n' +
    'Data goes to stdout, all else to stderr. Exit code: 0 done, 1 something failed, 2 not understood.',
  commands,
};

const GLOBAL_GROUP = 'Flags of every command:';

export function buildProgram(outcome: Outcome): Command {
  const program = new Command('klamm')
    .version(VERSION, '-V, --version', 'print the version')
    .showHelpAfterError('(klamm --help shows what there is)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'klamm: ')) });
  fill(program, root, outcome);
  for (const flag of globalFlags(root)) program.addOption(optionOf(flag).helpGroup(GLOBAL_GROUP));
  return program;
}

function fill(command: Command, spec: CommandSpec, outcome: Outcome): void {
  command
    .description(spec.about)
    .aliases([...(spec.aliases ?? [])])
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', () => examplesText(spec));
  for (const { name, about } of spec.parameters ?? []) command.argument(name, about);
  for (const flag of spec.flags ?? []) command.addOption(optionOf(flag));
  for (const child of spec.commands ?? []) {
    const sub = command.command(child.name);
    fill(sub, child, outcome);
    // A noun takes them too, but its help has the commands to show.
    const isNoun = child.commands !== undefined;
    for (const flag of globalFlags(child))
      sub.addOption(optionOf(flag).helpGroup(GLOBAL_GROUP).hideHelp(isNoun));
  }
  command.on('option:help-json', () => {
    process.stdout.write(`${JSON.stringify(helpForPrograms(spec), null, 2)}\n`);
    process.exit(0);
  });
  if (spec.load !== undefined) command.action((...all) => run(command, spec, outcome, all));
}

async function run(command: Command, spec: CommandSpec, outcome: Outcome, all: unknown[]): Promise<void> {
  const values: Record<string, unknown> = {};
  const properties: unknown[] = [];
  for (let each: Command | null = command; each !== null; each = each.parent) {
    for (const [name, value] of Object.entries(each.opts())) {
      // commander gives `color: true` where --no-color is absent.
      if (name === 'property' && Array.isArray(value)) properties.unshift(...value);
      else if (!(name in values) || (name === 'color' && value === false)) values[name] = value;
    }
  }
  const given = (name: string): string | undefined => givenBy(values, process.env, name);
  const isLocal = spec.isLocal === true || spec.isWithoutProfile === true;
  const { properties: stored, warning } = isLocal
    ? { properties: {}, warning: undefined }
    : await storedProperties(
        { profile: given('profile'), commandConfig: given('commandConfig') },
        process.env,
      );
  const context = new CommandContext(globalsFrom({ ...values, property: properties }, process.env, stored));
  if (warning !== undefined) context.say(warning);
  const runCommand = await spec.load?.();
  const parameters = all.slice(0, spec.parameters?.length ?? 0) as (string | string[] | undefined)[];
  await runCommand?.(context, parameters, new Flags(command.opts()));
  if (context.hasFailed) outcome.exitCode = 1;
}

function notAllowed(flags: string, value: string, choices: readonly string[]): Error {
  const near = nearest(value, choices);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return usageError(`${flags.split(' <')[0]} ${value}: allowed are ${choices.join(', ')}.${hint}`);
}

function optionOf({ flags, about, repeats = false, choices }: FlagSpec): Option {
  const option = new Option(flags, about);
  if (choices !== undefined) {
    option.argParser((value: string, previous: unknown) => {
      if (!choices.includes(value)) throw notAllowed(flags, value, choices);
      return repeats ? [...(Array.isArray(previous) ? previous : []), value] : value;
    });
  } else if (repeats) {
    option.argParser((value: string, previous: unknown) => [
      ...(Array.isArray(previous) ? previous : []),
      value,
    ]);
  }
  return option;
}
