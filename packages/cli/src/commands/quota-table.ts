// `klamm quota`: its commands as rows of the command table.

import type { CommandSpec, FlagSpec } from '../command.ts';
import { QUOTA_FLAGS } from '../quota-flags.ts';

const ENTITY: readonly FlagSpec[] = [
  { flags: '--user <name>', about: 'of this user' },
  { flags: '--user-default', about: 'of every user without a quota of their own' },
  { flags: '--client <id>', about: 'of this client id; with --user, of that client of the user' },
  { flags: '--client-default', about: 'of every client id without a quota of its own' },
  { flags: '--ip <address>', about: 'of this address' },
  { flags: '--ip-default', about: 'of every address without a quota of its own' },
];
const VALUES: readonly FlagSpec[] = QUOTA_FLAGS.map(({ flag, value, about }) => ({
  flags: `--${flag} <${value}>`,
  about,
}));

export const quotaCommands: CommandSpec = {
  name: 'quota',
  aliases: ['quotas'],
  about: 'list, set and remove quotas: how much clients may send, read and ask for',
  examples: [
    ['klamm quota list', 'all there are'],
    ['klamm quota set --user alice --produce 10MiB/s', 'all clients of alice together'],
    ['klamm quota remove --user alice', 'asks first'],
  ],
  commands: [
    {
      name: 'list',
      aliases: ['ls'],
      about: 'list quotas',
      flags: ENTITY,
      examples: [
        ['klamm quota list', 'a table'],
        ['klamm quotas ls --user alice -o json', 'those of alice, for a program'],
      ],
      load: async () => (await import('./quota.ts')).listQuotas,
    },
    {
      name: 'set',
      about: 'set quotas; the others of whom they are for stay',
      flags: [...ENTITY, ...VALUES],
      examples: [
        ['klamm quota set --user alice --produce 10MiB/s --consume 20MiB/s', 'what alice may send and read'],
        ['klamm quota set --client-default --requests 50%', 'half a thread for each client id'],
        ['klamm quota set --ip-default --connections 20', 'new connections from any one address'],
      ],
      notes:
        'Bytes are bytes, kB, MB, GB, KiB, MiB or GiB a second. Who goes over a quota is answered, told for how long to stay\n' +
        'away, and not read from for as long.',
      load: async () => (await import('./quota.ts')).setQuotas,
    },
    {
      name: 'remove',
      aliases: ['rm', 'delete'],
      about: 'remove quotas',
      flags: [
        ...ENTITY,
        {
          flags: '--quota <name>',
          about: 'only this one, by its name in the list (default: all)',
          repeats: true,
          choices: QUOTA_FLAGS.map(({ quota }) => quota),
        },
      ],
      examples: [
        ['klamm quota remove --user alice', 'asks first'],
        ['klamm quota remove --user alice --quota producer_byte_rate --yes', 'one, without asking'],
      ],
      load: async () => (await import('./quota.ts')).removeQuotas,
    },
  ],
};
