// `klamm group`: its commands as rows of the command table.

import type { CommandSpec } from '../command.ts';
import { POSITION_GRAMMAR } from '../record/position.ts';

const NAMES = { name: '<groups...>', about: 'one group or several' };
const NAME = { name: '<group>', about: 'the group' };
const TOPICS = {
  flags: '-t, --topic <topic[:partitions]>',
  about: 'only this topic, or these partitions of it, as orders:0,1 (default: all it has committed)',
  repeats: true,
};

export const groupCommands: CommandSpec = {
  name: 'group',
  aliases: ['groups'],
  about: 'list, describe, move and delete consumer groups',
  examples: [
    ['klamm group list', 'all groups'],
    ['klamm group lag billing', 'how far behind it is'],
    ['klamm group reset billing --to start', 'what reading it all again would mean'],
  ],
  commands: [
    {
      name: 'list',
      aliases: ['ls'],
      about: 'list groups',
      flags: [
        { flags: '-s, --state <state>', about: 'only these states, as Stable or Empty', repeats: true },
        { flags: '--type <type>', about: 'only these types: classic, consumer', repeats: true },
      ],
      examples: [
        ['klamm group list', 'a table'],
        ['klamm groups ls --state Empty -o json', 'those nobody is in, for a program'],
      ],
      load: async () => (await import('./group.ts')).listGroups,
    },
    {
      name: 'describe',
      aliases: ['show'],
      about: 'show the members of groups, and what each reads',
      parameters: [NAMES],
      examples: [
        ['klamm group describe billing', 'a row for each member'],
        ['klamm group describe billing -o wide', 'with epochs, subscriptions and targets'],
      ],
      notes: 'How far a group is, and how far behind, says: klamm group lag GROUP.',
      load: async () => (await import('./group.ts')).describeGroups,
    },
    {
      name: 'lag',
      about: 'show where a group is, and how far behind',
      parameters: [NAME],
      flags: [
        TOPICS,
        { flags: '-w, --watch [seconds]', about: 'again and again, every two seconds unless told otherwise' },
      ],
      examples: [
        ['klamm group lag billing', 'a row for each partition'],
        ['klamm group lag billing --watch', 'until Ctrl-C'],
      ],
      load: async () => (await import('./group-offsets.ts')).lag,
    },
    {
      name: 'reset',
      about: 'move a group to other offsets',
      parameters: [NAME],
      flags: [
        TOPICS,
        { flags: '--to <where>', about: 'the same place in each partition; see below' },
        { flags: '--shift <count>', about: 'so many records forward, or back as --shift=-10' },
        { flags: '--like <group>', about: 'to where another group is' },
        { flags: '--from-file <file>', about: 'lines of TOPIC,PARTITION,OFFSET, or rows of lag -o ndjson' },
      ],
      examples: [
        ['klamm group reset billing --to start', 'show what would happen'],
        ['klamm group reset billing --to @-1h --yes', 'read the last hour again'],
        ['klamm group reset billing -t orders:0 --shift=-10 --yes', 'ten records of one partition again'],
        ['klamm group reset blue --like green --yes', 'blue goes on where green is'],
      ],
      notes: `Shows the plan; --yes carries it out. Only a group without members can be moved.\n\n${POSITION_GRAMMAR}`,
      load: async () => (await import('./group-reset.ts')).reset,
    },
    {
      name: 'delete',
      aliases: ['rm'],
      about: 'delete groups without members, and their offsets',
      parameters: [NAMES],
      examples: [
        ['klamm group delete billing', 'asks first'],
        ['klamm group delete blue green --yes', 'does not ask'],
      ],
      load: async () => (await import('./group.ts')).deleteGroups,
    },
    {
      name: 'delete-offsets',
      about: 'forget where a group is in topics that it no longer reads',
      parameters: [NAME],
      flags: [TOPICS],
      examples: [['klamm group delete-offsets billing -t old-orders', 'asks first']],
      load: async () => (await import('./group-offsets.ts')).deleteOffsets,
    },
  ],
};
