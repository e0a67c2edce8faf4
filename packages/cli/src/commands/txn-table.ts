// `klamm txn`: its commands as rows of the command table.

import type { CommandSpec, FlagSpec } from '../command.ts';

const IDS = { name: '<ids...>', about: 'one transactional id or several' };
const DURATION = 'as 90s, 20m or 2h';
const LONGER: FlagSpec = {
  flags: '--longer-than <duration>',
  about: `only transactions that have been open for longer, ${DURATION}`,
};
const SILENT: FlagSpec = {
  flags: '--longer-than <duration>',
  about: `whose producer has written nothing for longer, ${DURATION} (default: transaction.max.timeout.ms and 5m)`,
};

export const transactionCommands: CommandSpec = {
  name: 'txn',
  aliases: ['transaction', 'transactions'],
  about: 'look at transactions, and end those that hang',
  examples: [
    ['klamm txn list --state Ongoing', 'what is open'],
    ['klamm txn find-hanging', 'what keeps readers waiting for good'],
    ['klamm txn fence payments-1', 'abort what payments-1 has open'],
  ],
  commands: [
    {
      name: 'list',
      aliases: ['ls'],
      about: 'list transactional ids',
      flags: [
        { flags: '-s, --state <state>', about: 'only these states, as Ongoing or Empty', repeats: true },
        { flags: '--producer-id <id>', about: 'only the one that has this producer id', repeats: true },
        LONGER,
        { flags: '--pattern <pattern>', about: "only whole ids of this RE2 pattern, as 'payments-.*'" },
      ],
      examples: [
        ['klamm txn list', 'a table'],
        ['klamm txn ls --state Ongoing --longer-than 1m', 'open for more than a minute'],
        ['klamm txn list --producer-id 4000 -o json', 'whose producer id that is, for a program'],
      ],
      load: async () => (await import('./txn.ts')).listTransactions,
    },
    {
      name: 'describe',
      aliases: ['show'],
      about: 'show where the transactions of transactional ids stand',
      parameters: [IDS],
      examples: [
        ['klamm txn describe payments-1', 'state, producer, partitions'],
        ['klamm txn describe payments-1 -o wide', 'with its timeout and its coordinator'],
      ],
      load: async () => (await import('./txn.ts')).describeTransactions,
    },
    {
      name: 'producers',
      about: 'show the producers that partitions know, and where their transactions began',
      parameters: [{ name: '<topics...>', about: 'topics, or partitions of them: orders:0,1' }],
      flags: [{ flags: '--open', about: 'only those with an open transaction' }],
      examples: [
        ['klamm txn producers orders', 'of every partition'],
        ['klamm txn producers orders:0 --open', 'what readers of orders-0 may be waiting for'],
      ],
      load: async () => (await import('./txn.ts')).describeProducers,
    },
    {
      name: 'find-hanging',
      about: 'find transactions that no coordinator will end',
      parameters: [
        { name: '[topics...]', about: 'topics, or partitions of them: orders:0,1 (default: all)' },
      ],
      flags: [SILENT],
      examples: [
        ['klamm txn find-hanging', 'in the whole cluster'],
        ['klamm txn find-hanging orders:3 --longer-than 5m', 'in one partition, as soon as five minutes'],
      ],
      notes:
        'A transaction hangs when it is open in a partition for longer than any may be, and its coordinator does not have it\n' +
        'there. Readers of committed records wait at its first offset until it is aborted: klamm txn abort.',
      load: async () => (await import('./txn-hanging.ts')).findHanging,
    },
    {
      name: 'abort',
      about: 'abort a hanging transaction in a partition',
      parameters: [{ name: '<partition>', about: 'the partition, as orders:3' }],
      flags: [
        { flags: '--start-offset <offset>', about: 'the transaction that began there' },
        { flags: '--producer-id <id>', about: "or this producer's" },
        { flags: '--producer-epoch <epoch>', about: 'only if that is its epoch' },
        { flags: '--force', about: 'also one that its coordinator has, and may commit elsewhere' },
      ],
      examples: [
        ['klamm txn abort orders:3 --start-offset 1042', 'show what would be aborted'],
        ['klamm txn abort orders:3 --start-offset 1042 --yes', 'abort it'],
        ['klamm txn abort orders:3 --producer-id 4000 --producer-epoch 7 --yes', 'by its producer'],
      ],
      notes:
        'Shows the plan; --yes carries it out. Only what hangs is aborted in a partition by itself: what a coordinator has is\n' +
        'aborted as a whole by klamm txn fence.',
      load: async () => (await import('./txn-hanging.ts')).abort,
    },
    {
      name: 'fence',
      aliases: ['terminate'],
      about: 'fence the producers of transactional ids off, and abort what they have open',
      parameters: [IDS],
      examples: [
        ['klamm txn fence payments-1', 'asks first'],
        ['klamm txn fence payments-1 payments-2 --yes', 'does not ask'],
      ],
      notes: 'Whatever the producer does next fails; a program that is started anew goes on with the id.',
      load: async () => (await import('./txn.ts')).fence,
    },
  ],
};
