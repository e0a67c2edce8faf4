// Flags that every command takes, as rows of the command table.

import type { CommandSpec, FlagSpec } from './command.ts';
import { OUTPUT_FORMATS } from './output/rows.ts';

const OUTPUT_FLAG: FlagSpec = {
  flags: '-o, --output <format>',
  about: `what to print: ${OUTPUT_FORMATS.join(', ')}`,
  choices: OUTPUT_FORMATS,
};

/** Of commands that talk to a cluster. `-o` is left out where a command has its own. */
const CLUSTER_FLAGS: readonly FlagSpec[] = [
  { flags: '-b, --bootstrap <brokers>', about: 'host:port of one or more brokers (default: 127.0.0.1:9092)' },
  {
    flags: '-p, --profile <name>',
    about: 'a cluster and a login that `klamm profile` keeps (default: the current one)',
  },
  { flags: '--command-config <file>', about: "a client.properties of Kafka's" },
  {
    flags: '-X, --property <key=value>',
    about: "one of the client's properties, as Kafka names them",
    repeats: true,
  },
  { flags: '--timeout <duration>', about: 'how long to try, as 500ms, 10s or 1m (default: 10s)' },
  OUTPUT_FLAG,
];

const COMMON_FLAGS: readonly FlagSpec[] = [
  { flags: '-q, --quiet', about: 'say nothing but errors' },
  { flags: '-v, --verbose', about: 'say more of what goes on' },
  { flags: '--no-color', about: 'no colours, even on a terminal' },
  { flags: '--yes', about: 'do not ask before something is deleted' },
  { flags: '--dry-run', about: 'check and say what would be done, and change nothing' },
  { flags: '--help-json', about: 'this help for programs' },
];

/** Flags every command of this kind has, without those whose letters or names it uses itself. */
export function globalFlags(spec: CommandSpec): FlagSpec[] {
  const own = new Set((spec.flags ?? []).flatMap(({ flags }) => flagWords(flags)));
  const local = spec.printsRows === true ? [OUTPUT_FLAG] : [];
  return [...(spec.isLocal === true ? local : CLUSTER_FLAGS), ...COMMON_FLAGS]
    .filter(({ flags }) => !flagWords(flags).some((word) => word.startsWith('--') && own.has(word)))
    .map((flag) => ({
      ...flag,
      flags: flag.flags.replace(/^(-\w), /, (both, letter: string) => (own.has(letter) ? '' : both)),
    }));
}

const flagWords = (flags: string): string[] => flags.match(/--?[\w-]+/g) ?? [];
