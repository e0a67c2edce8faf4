// `klamm acl`: its commands as rows of the command table.

import { RESOURCE_FLAGS } from '../acl-flags.ts';
import type { CommandSpec, FlagSpec } from '../command.ts';

const PREFIXED = { flags: '--prefixed', about: 'the names are beginnings of names' };
const OPERATION = {
  flags: '--operation <operation>',
  about: 'read, write, create, delete, alter, describe, all … (see below)',
  repeats: true,
};
const HOST = { flags: '--host <address>', about: 'from this address', repeats: true };
const SETS: readonly FlagSpec[] = [
  {
    flags: '--producer',
    about: 'all that writing to the topics needs; with --transactional-id in transactions',
  },
  { flags: '--consumer', about: 'all that reading the topics as a member of the group needs' },
];
const RIGHTS: readonly FlagSpec[] = [
  { flags: '--allow-user <user>', about: 'alice, or User:alice; * is everybody', repeats: true },
  {
    flags: '--deny-user <user>',
    about: 'the same; what is denied is not allowed by anything',
    repeats: true,
  },
];
const OPERATIONS =
  'Operations: read, write, create, delete, alter, describe, clusterAction, describeConfigs, alterConfigs,\n' +
  'idempotentWrite, createTokens, describeTokens, twoPhaseCommit, all. Read, write, delete and alter bring describe.';

export const aclCommands: CommandSpec = {
  name: 'acl',
  aliases: ['acls'],
  about: 'say who may do what',
  examples: [
    ['klamm acl list', 'all ACLs'],
    ['klamm acl add --allow-user alice --consumer -t orders -g billing', 'alice may read orders in billing'],
    ['klamm acl remove --user alice', 'all that is said of alice'],
  ],
  commands: [
    {
      name: 'list',
      aliases: ['ls'],
      about: 'list ACLs',
      flags: [
        ...RESOURCE_FLAGS,
        PREFIXED,
        { flags: '--match', about: 'all that applies to the names, prefixes and * included' },
        { flags: '--user <user>', about: 'what is said of this user', repeats: true },
        OPERATION,
        HOST,
      ],
      examples: [
        ['klamm acl list', 'all of them'],
        ['klamm acl list -t orders --match', 'everything that decides about the topic orders'],
        ['klamm acl list --user alice -o json', 'for a program'],
      ],
      notes: OPERATIONS,
      load: async () => (await import('./acl.ts')).listAcls,
    },
    {
      name: 'add',
      about: 'add ACLs',
      flags: [...RIGHTS, ...SETS, OPERATION, ...RESOURCE_FLAGS, PREFIXED, HOST],
      examples: [
        ['klamm acl add --allow-user alice --producer -t orders', 'alice may write to orders, and create it'],
        [
          'klamm acl add --allow-user alice --consumer -t orders -g billing',
          'and read it as a member of the group billing',
        ],
        ['klamm acl add --allow-user bob --operation read -t orders- --prefixed', 'all topics that begin so'],
        ['klamm acl add --deny-user bob --operation all --cluster --dry-run', 'what would it be?'],
      ],
      notes: OPERATIONS,
      load: async () => (await import('./acl.ts')).addAcls,
    },
    {
      name: 'remove',
      aliases: ['rm', 'delete'],
      about: 'remove ACLs',
      flags: [
        { flags: '--user <user>', about: 'what is said of this user, allowed or denied', repeats: true },
        ...RIGHTS,
        ...SETS,
        OPERATION,
        ...RESOURCE_FLAGS,
        PREFIXED,
        HOST,
        { flags: '--all', about: 'all ACLs there are' },
      ],
      examples: [
        ['klamm acl remove --user alice', 'shows them, and asks'],
        [
          'klamm acl remove --allow-user alice --producer -t orders --yes',
          'what `add` with these flags added',
        ],
      ],
      notes: OPERATIONS,
      load: async () => (await import('./acl.ts')).removeAcls,
    },
  ],
};
