// The commands of `klamm cluster` that look after a cluster wherever it runs, as rows of the command table.

import type { CommandSpec } from '../command.ts';

const DIRECTORY = {
  flags: '--directory <id>',
  about: 'directory.id of its meta.properties (default: as the quorum tells it)',
};

export const clusterAdminCommands: readonly CommandSpec[] = [
  {
    name: 'quorum',
    about: 'show who leads the cluster, who votes, and how far each is',
    examples: [
      ['klamm cluster quorum', 'a row for each voter and each that follows'],
      ['klamm cluster quorum -o wide', 'with directories, epoch and high watermark'],
    ],
    load: async () => (await import('./cluster-quorum.ts')).quorum,
  },
  {
    name: 'voter',
    about: 'add and remove voters of the quorum',
    examples: [
      [
        'klamm cluster voter add 4 --listener CONTROLLER://10.0.0.4:9093',
        'a controller that follows already',
      ],
      ['klamm cluster voter remove 4', 'asks first'],
    ],
    commands: [
      {
        name: 'add',
        about: 'have a controller vote that follows the quorum',
        parameters: [{ name: '<node>', about: 'its node id' }],
        flags: [
          {
            flags: '--listener <name://host:port>',
            about: 'where other controllers reach it, as CONTROLLER://10.0.0.4:9093',
            repeats: true,
          },
          DIRECTORY,
        ],
        examples: [['klamm cluster voter add 4 --listener CONTROLLER://10.0.0.4:9093', 'one more']],
        notes: 'Voters can change where kraft.version is 1 (klamm cluster features); one at a time.',
        load: async () => (await import('./cluster-quorum.ts')).addVoter,
      },
      {
        name: 'remove',
        aliases: ['rm'],
        about: 'take a voter out of the quorum',
        parameters: [{ name: '<node>', about: 'its node id' }],
        flags: [DIRECTORY],
        examples: [['klamm cluster voter remove 4 --yes', 'does not ask']],
        load: async () => (await import('./cluster-quorum.ts')).removeVoter,
      },
    ],
  },
  {
    name: 'features',
    about: 'show its features: the levels in force, and those that could be',
    examples: [['klamm cluster features', 'metadata.version, kraft.version and others']],
    load: async () => (await import('./cluster-features.ts')).features,
  },
  {
    name: 'upgrade',
    about: 'take features to newer levels, after all nodes run the new version',
    parameters: [
      { name: '[features...]', about: 'name=level (default: all but kraft.version, to the newest)' },
    ],
    flags: [
      {
        flags: '--down <kind>',
        about: 'to an older level: safe, where nothing is lost by it, or unsafe',
        choices: ['safe', 'unsafe'],
      },
    ],
    examples: [
      ['klamm cluster upgrade --dry-run', 'would it work?'],
      ['klamm cluster upgrade kraft.version=1', 'voters can change from then on'],
      ['klamm cluster upgrade group.version=0 --down safe', 'back'],
    ],
    load: async () => (await import('./cluster-features.ts')).upgrade,
  },
  {
    name: 'balance',
    about: 'have the first of its replicas lead every partition',
    examples: [
      ['klamm cluster balance', 'after nodes were down'],
      ['klamm cluster balance --dry-run', 'how many would change?'],
    ],
    load: async () => (await import('./topic-elect.ts')).balance,
  },
  {
    name: 'unregister',
    about: 'have the cluster forget a broker that is gone for good',
    parameters: [{ name: '<broker>', about: 'its node id' }],
    examples: [['klamm cluster unregister 4', 'asks first']],
    load: async () => (await import('./cluster-features.ts')).unregister,
  },
];
