// `klamm user`: its commands as rows of the command table.

import type { CommandSpec, FlagSpec } from '../command.ts';
import { secretFlags } from '../secret.ts';

const MECHANISM: FlagSpec = {
  flags: '--mechanism <name>',
  about: 'SCRAM-SHA-256 or SCRAM-SHA-512',
  repeats: true,
  choices: ['SCRAM-SHA-256', 'SCRAM-SHA-512'],
};
const NAME = { name: '<user>', about: 'the name to log in by' };
const PASSWORD: readonly FlagSpec[] = [
  ...secretFlags(),
  { flags: '--iterations <count>', about: 'rounds of hashing, 4096 (default) to 16384' },
];
const TYPED =
  'Without --password-file and --password-env it is asked for, and not shown. The broker never sees it.';

export const userCommands: CommandSpec = {
  name: 'user',
  aliases: ['users'],
  about: 'list, add and remove users that log in by SCRAM',
  examples: [
    ['klamm user list', 'who can log in'],
    ['klamm user add alice', 'asks for a password'],
    ['klamm user remove alice', 'asks first'],
  ],
  commands: [
    {
      name: 'list',
      aliases: ['ls'],
      about: 'list users, and how they log in',
      parameters: [{ name: '[users...]', about: 'only these' }],
      examples: [
        ['klamm user list', 'a table'],
        ['klamm users ls -o json', 'for a program'],
      ],
      load: async () => (await import('./user.ts')).listUsers,
    },
    {
      name: 'add',
      about: 'add a user',
      parameters: [NAME],
      flags: [{ ...MECHANISM, about: `${MECHANISM.about} (default)` }, ...PASSWORD],
      examples: [
        ['klamm user add alice', 'asks for her password, twice'],
        ['klamm user add alice --password-file alice.secret', 'from a file'],
        [
          'klamm user add alice --mechanism SCRAM-SHA-256 --mechanism SCRAM-SHA-512',
          'for clients that know only one of them',
        ],
      ],
      notes: TYPED,
      load: async () => (await import('./user.ts')).addUser,
    },
    {
      name: 'set-password',
      aliases: ['passwd'],
      about: 'give a user another password',
      parameters: [NAME],
      flags: [{ ...MECHANISM, about: `${MECHANISM.about} (default: those the user has)` }, ...PASSWORD],
      examples: [
        ['klamm user set-password alice', 'asks for it, twice'],
        ['klamm user set-password alice --password-env NEW_PASSWORD', 'from a variable'],
      ],
      notes: `${TYPED}\nWho is logged in stays so until the connection ends.`,
      load: async () => (await import('./user.ts')).setUserPassword,
    },
    {
      name: 'remove',
      aliases: ['rm', 'delete'],
      about: 'remove users',
      parameters: [{ name: '<users...>', about: 'one user or several' }],
      flags: [{ ...MECHANISM, about: `only this way to log in: ${MECHANISM.about} (default: all)` }],
      examples: [
        ['klamm user remove alice', 'asks first'],
        ['klamm user remove alice bob --yes', 'does not ask'],
      ],
      notes: 'Who is logged in stays so until the connection ends.',
      load: async () => (await import('./user.ts')).removeUsers,
    },
  ],
};
