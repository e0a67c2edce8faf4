// `klamm log`: its commands as rows of the command table. They look at files; no broker is asked.

import type { CommandSpec } from '../command.ts';
import { SETTING_FLAGS } from '../setting-flags.ts';

export const logCommands: CommandSpec = {
  name: 'log',
  aliases: ['logs'],
  about: 'look at a data directory, and hand it over to Apache Kafka',
  isLocal: true,
  examples: [
    ['klamm log check klamm-data', 'what is in it, and who can start on it'],
    ['klamm log hand-over klamm-data', 'Apache Kafka goes on where Klamm stopped'],
  ],
  commands: [
    {
      name: 'check',
      about: 'say what a data directory holds and who can start on it; it changes nothing',
      isLocal: true,
      printsRows: true,
      parameters: [{ name: '<dir>', about: 'the data directory, of Klamm or of Apache Kafka' }],
      examples: [
        ['klamm log check klamm-data', 'before it is handed over'],
        ['klamm log check /var/lib/kafka -o json', "Apache Kafka's, for a program"],
      ],
      notes:
        'The exit code is 1 where Klamm cannot start on it. A broker may be using it meanwhile; then what was written last may\n' +
        'be missing from the counts.',
      load: async () => (await import('./log.ts')).checkLog,
    },
    {
      name: 'hand-over',
      about: 'leave a directory and settings with which Apache Kafka goes on',
      isLocal: true,
      parameters: [{ name: '<dir>', about: 'the data directory of a broker of Klamm that is stopped' }],
      flags: [
        ...SETTING_FLAGS,
        {
          flags: '-w, --write <file>',
          about: "where to write Apache Kafka's settings (default: DIR.server.properties); - is stdout",
        },
        { flags: '--force', about: 'write over a file that is there' },
      ],
      examples: [
        ['klamm log hand-over klamm-data', 'of a broker started with no settings'],
        ['klamm log hand-over data -c server.properties', 'of one started with these'],
        ['klamm log hand-over data -w - | diff server.properties -', 'only to see what would differ'],
      ],
      notes:
        'Give the settings that `klamm start` was given, by the same flags and variables. A directory that was not closed in\n' +
        'order is checked and closed first; nothing else is changed in it, and Klamm can go on with it too. Passwords in the\n' +
        'settings are in the file, which is readable for you alone; key stores stay where they are. See docs/growing.md.',
      load: async () => (await import('./log.ts')).handOver,
    },
  ],
};
