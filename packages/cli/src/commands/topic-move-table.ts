// The commands of `klamm topic` that say where partitions lie and who leads them, as rows of the command table.

import type { CommandSpec } from '../command.ts';

export const topicMoveCommands: readonly CommandSpec[] = [
  {
    name: 'reassign',
    about: 'move partitions to other brokers, or give them more or fewer replicas',
    parameters: [{ name: '[topics...]', about: 'orders for all its partitions, orders:0,1 for some' }],
    flags: [
      { flags: '-r, --replication-factor <count>', about: 'how many replicas each shall have' },
      { flags: '--brokers <ids>', about: 'the brokers to lie on, as 1,2,3 (default: all)', repeats: true },
      { flags: '--plan <file>', about: 'what moves where, as kafka-reassign-partitions has it (JSON)' },
      { flags: '-w, --wait', about: 'wait until all has moved, and have the planned leaders lead' },
      { flags: '--throttle <bytes>', about: 'of each broker in a second, as 20MiB/s; waits' },
      { flags: '--follow', about: 'wait for what is under way, and take its limits away' },
      { flags: '--cancel', about: 'take back what is under way' },
    ],
    examples: [
      ['klamm topic reassign orders -r 3 --wait', 'three replicas, after a second and third node came'],
      ['klamm topic reassign orders payments --brokers 1,2,3', 'off all other brokers'],
      ['klamm topic reassign --plan moves.json --throttle 20MiB/s', 'by a plan, slowly'],
      ['klamm topic reassign orders -r 3 --dry-run', 'what would move?'],
    ],
    notes:
      'The plan is shown first. It moves as little as it can, spreads replicas and leaders evenly, and over racks where brokers have\n' +
      'them. Topics stay in use. Ctrl-C while it waits does not stop the move; with limits, --follow takes them away at its end.',
    load: async () => (await import('./topic-reassign.ts')).reassign,
  },
  {
    name: 'elect',
    about: 'have the first of the replicas lead, or, at a price, any that is up',
    parameters: [{ name: '<topics...>', about: 'orders for all its partitions, orders:0,1 for some' }],
    flags: [
      { flags: '--unclean', about: 'where no replica in sync is up: one that is not; records are lost' },
    ],
    examples: [
      ['klamm topic elect orders', 'the preferred leaders'],
      ['klamm topic elect orders:2 --unclean', 'asks first'],
    ],
    load: async () => (await import('./topic-elect.ts')).elect,
  },
];
