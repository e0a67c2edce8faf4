// The table of commands. Each command's own file is loaded when it runs, so that `klamm start` pays for nothing else.

import { Command } from 'commander';

/** What a command leaves behind besides its output. */
export interface Outcome {
  exitCode: number;
}

const VERSION = '0.1.0';

const EXAMPLES = `
Examples:
  $ klamm start                               a durable broker on 127.0.0.1:9092
  $ klamm topic create orders -p 3            a topic with three partitions
  $ echo hello | klamm produce orders         a record
  $ klamm consume orders -o start -e          all records, then stop
`;

export function buildProgram(outcome: Outcome): Command {
  const program = new Command('klamm')
    .description(
      'Kafka for TypeScript, whole: a durable Kafka-compatible broker, and commands for any Kafka cluster.',
    )
    .version(VERSION)
    .showSuggestionAfterError()
    .showHelpAfterError('(klamm --help shows what there is)')
    .addHelpText('after', EXAMPLES)
    .exitOverride();

  program
    .command('start')
    .description('run a broker until Ctrl-C')
    .option('-d, --data <dir>', 'where to keep the data (default: ./klamm-data)')
    .option('--memory', 'keep the data in memory; it is gone when the broker ends')
    .option('-l, --listeners <list>', 'addresses to listen on (default: PLAINTEXT://127.0.0.1:9092)')
    .option('--advertised-listeners <list>', 'addresses that clients are told to use')
    .option('-p, --port <port>', 'port on 127.0.0.1; 0 for a free one')
    .option('-c, --config <file>', 'settings in a server.properties file of Kafka')
    .option('--set <key=value>', 'one setting by its Kafka name; may be repeated', collect, [])
    .option('--topic <name[:partitions]>', 'create a topic if it is missing; may be repeated', collect, [])
    .option('--log-level <level>', 'debug, info, warn, error or silent', 'info')
    .addHelpText(
      'after',
      `
Settings come from, in this order: the flags above, --set, --config, KAFKA_* and KAFKA_CFG_* variables.

Examples:
  $ klamm start                                        data in ./klamm-data
  $ klamm start --memory --port 0                      for a test: a free port, nothing kept
  $ klamm start -c server.properties                   with Kafka's own settings
  $ klamm start --set flush.policy=os                  trust the page cache, as Kafka does by default
`,
    )
    .action(async (options) => {
      const { start } = await import('./commands/start.ts');
      outcome.exitCode = await start(options);
    });
  return program;
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}
