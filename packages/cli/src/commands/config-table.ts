// `klamm config`: its commands as rows of the command table.

import type { CommandSpec, FlagSpec } from '../command.ts';

const WHOSE: readonly FlagSpec[] = [
  { flags: '--broker <id>', about: 'of this broker alone' },
  { flags: '--brokers', about: 'of all brokers, where a broker has none of its own' },
  { flags: '--topic <name>', about: 'of this topic' },
  { flags: '--group <id>', about: 'of this group (from Apache Kafka 4.0 on)' },
  { flags: '--client-metrics <name>', about: 'of this subscription to metrics of clients (KIP-714)' },
];

export const configCommands: CommandSpec = {
  name: 'config',
  aliases: ['configs'],
  about: 'show and change settings while brokers run',
  examples: [
    ['klamm config show --broker 1', 'what was set, and by what'],
    ['klamm config set --brokers log.retention.ms=86400000', 'for every broker'],
  ],
  commands: [
    {
      name: 'show',
      aliases: ['list', 'ls'],
      about: 'show settings',
      flags: [...WHOSE, { flags: '-a, --all', about: 'also those that are at their default' }],
      examples: [
        ['klamm config show --broker 1 --all -o wide', 'everything, and what it means'],
        ['klamm config show --group billing -o json', 'for a program'],
      ],
      load: async () => (await import('./config.ts')).showConfig,
    },
    {
      name: 'set',
      about: 'set settings; the others stay',
      parameters: [
        { name: '<settings...>', about: 'each as key=value, by the names that Kafka has for them' },
      ],
      flags: WHOSE,
      examples: [
        ['klamm config set --brokers message.max.bytes=2097152', 'for every broker'],
        ['klamm config set --group billing consumer.session.timeout.ms=60000', 'for the members of a group'],
        ['klamm config set --broker 1 log.retention.ms=86400000 --dry-run', 'would it be taken?'],
      ],
      notes:
        'A value of which nobody else is to know does not belong into a command line: the history of your shell keeps it.\n' +
        'key=@FILE takes the value from a file, and key=@- from stdin.',
      load: async () => (await import('./config.ts')).setConfig,
    },
    {
      name: 'unset',
      about: 'go back to what holds without the setting',
      parameters: [{ name: '<keys...>', about: 'the settings' }],
      flags: WHOSE,
      examples: [
        ['klamm config unset --brokers message.max.bytes', 'back to server.properties or the default'],
      ],
      load: async () => (await import('./config.ts')).unsetConfig,
    },
  ],
};
