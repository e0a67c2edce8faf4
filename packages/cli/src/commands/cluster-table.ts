// `klamm cluster`: its commands as rows of the command table.

import type { CommandSpec, FlagSpec } from '../command.ts';
import { clusterAdminCommands } from './cluster-admin-table.ts';

const DIR: FlagSpec = {
  flags: '-d, --dir <directory>',
  about: 'where the cluster is (default: ./klamm-cluster)',
};
const NODE = { name: '<node>', about: 'its number' };
const COMPOSE: FlagSpec = {
  flags: '--compose',
  about: 'in containers, by a compose file with the image apache/kafka',
};
const PLAN: readonly FlagSpec[] = [
  { flags: '-n, --nodes <count>', about: 'how many nodes, each broker and controller (default: 3)' },
  {
    flags: '--port <port>',
    about: 'of the first node without a login; EXTERNAL is 100 above, CONTROLLER 200 (default: 19092)',
  },
  { flags: '--host <name>', about: 'by which clients reach EXTERNAL (default: localhost)' },
  { flags: '--user <name>', about: 'a user for EXTERNAL, with a new password (default: admin)' },
  { flags: '--heap <MiB>', about: "of each node's JVM (default: 512)" },
];

export const clusterCommands: CommandSpec = {
  name: 'cluster',
  aliases: ['clusters'],
  about: 'look at a cluster; make and run one of Apache Kafka on this machine',
  examples: [
    ['klamm cluster info', 'its id, brokers and controller'],
    ['klamm cluster up', 'three nodes of Apache Kafka on this machine, until Ctrl-C'],
  ],
  commands: [
    {
      name: 'info',
      about: 'show its id, brokers and controller',
      examples: [
        ['klamm cluster info', 'the broker on this machine'],
        ['klamm cluster info -b kafka.example:9092 -o json', 'another one, for a program'],
      ],
      load: async () => (await import('./cluster.ts')).clusterInfo,
    },
    ...clusterAdminCommands,
    {
      name: 'init',
      about: 'write settings, certificates and a user for a cluster of Apache Kafka',
      isLocal: true,
      flags: [DIR, COMPOSE, ...PLAN],
      examples: [
        ['klamm cluster init', 'three nodes in ./klamm-cluster'],
        ['klamm cluster init -d eight --nodes 5 --port 29092', 'five, elsewhere'],
        [
          'klamm cluster init --compose --host kafka.example',
          'compose.yml, for other machines to connect to',
        ],
      ],
      notes:
        'Any one of three nodes may die, and two of five: what was acknowledged is kept, and work goes on. Listeners: INTERNAL, in\n' +
        'the clear and for this machine alone; EXTERNAL, with TLS and a login; CONTROLLER. Partitions have three replicas, and two\n' +
        'have to have a record before it is acknowledged.',
      load: async () => (await import('./cluster-init.ts')).initLocal,
    },
    {
      name: 'up',
      about: 'start its nodes on this machine, and look after them until Ctrl-C',
      isLocal: true,
      flags: [
        DIR,
        COMPOSE,
        ...PLAN,
        { flags: '--detach', about: 'leave them running; klamm cluster down ends them' },
        { flags: '--restart', about: 'start a node again that dies' },
      ],
      examples: [
        ['klamm cluster up', 'makes a cluster first where there is none'],
        ['klamm cluster up --detach -d eight', 'and come back'],
      ],
      notes:
        "It needs Java 17 or newer. Apache Kafka's jars are those of KAFKA_HOME, or Maven fetches them once. With --compose it needs\nDocker instead.",
      load: async () => (await import('./cluster-up.ts')).upLocal,
    },
    {
      name: 'status',
      about: 'show how its nodes do',
      isLocal: true,
      printsRows: true,
      flags: [DIR],
      examples: [
        ['klamm cluster status', 'a row for each node'],
        ['klamm cluster status -o json', 'for a program'],
      ],
      load: async () => (await import('./cluster-nodes.ts')).statusLocal,
    },
    {
      name: 'kill',
      about: 'end a node the hard way, or have it hang, to see what happens',
      isLocal: true,
      parameters: [NODE],
      flags: [
        DIR,
        {
          flags: '--signal <name>',
          about: 'SIGKILL (default), SIGTERM, SIGSTOP (it hangs) or SIGCONT (it goes on)',
          choices: ['SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGCONT'],
        },
      ],
      examples: [
        ['klamm cluster kill 2', 'as if its machine had lost power'],
        ['klamm cluster kill 2 --signal SIGSTOP', 'as if its network had gone quiet'],
      ],
      load: async () => (await import('./cluster-nodes.ts')).killNode,
    },
    {
      name: 'start',
      about: 'start a node again',
      isLocal: true,
      parameters: [NODE],
      flags: [DIR],
      examples: [['klamm cluster start 2', 'and wait until it is there']],
      load: async () => (await import('./cluster-nodes.ts')).startNode,
    },
    {
      name: 'logs',
      about: 'print the end of the log of a node',
      isLocal: true,
      parameters: [NODE],
      flags: [DIR, { flags: '-n, --lines <count>', about: 'how many lines (default: 50)' }],
      examples: [['klamm cluster logs 2', 'what it said last']],
      load: async () => (await import('./cluster-nodes.ts')).printLog,
    },
    {
      name: 'down',
      about: 'end all its nodes in order; their data stays',
      isLocal: true,
      flags: [DIR],
      examples: [['klamm cluster down', 'klamm cluster up starts them again']],
      load: async () => (await import('./cluster-nodes.ts')).downLocal,
    },
  ],
};
