// `klamm mirror`: its commands as rows of the command table.

import type { CommandSpec, FlagSpec } from '../command.ts';

const ENDS: readonly FlagSpec[] = [
  { flags: '--from <cluster>', about: 'the source: host:port of its brokers, or a profile' },
  {
    flags: '--from-config <file>',
    about: "the source's client.properties, with bootstrap.servers or --from",
  },
  { flags: '--to <cluster>', about: 'the target: host:port of its brokers, or a profile' },
  { flags: '--to-config <file>', about: "the target's client.properties" },
  { flags: '--name <name>', about: 'of this mirror; others do not know of it (default: default)' },
];
const TOPICS: readonly FlagSpec[] = [
  {
    flags: '-t, --topic <topic>',
    about: "only this topic, or those of a pattern of whole names: '^orders-.*' (default: all)",
    repeats: true,
  },
  { flags: '--exclude <topic>', about: 'not this topic, or pattern', repeats: true },
];
const GROUPS: readonly FlagSpec[] = [
  { flags: '-g, --group <group>', about: 'only this group, or pattern (default: all)', repeats: true },
  { flags: '--exclude-group <group>', about: 'not this group, or pattern', repeats: true },
];
const ALIKE = '--from kafka.old:9092 --to kafka.new:9092';

export const mirrorCommands: CommandSpec = {
  name: 'mirror',
  about: 'copy a cluster to another while it is used, and move to it',
  isLocal: true,
  examples: [
    [`klamm mirror start ${ALIKE}`, 'copies until Ctrl-C; started again, it goes on'],
    [`klamm mirror status ${ALIKE}`, 'how far it is'],
    [`klamm mirror cutover ${ALIKE}`, 'when the writers have stopped: checks, and ends it'],
  ],
  notes:
    'Records keep offsets, timestamps, headers and their batches. What cannot, and what is put there instead, is in\n' +
    'docs/mirror.md.',
  commands: [
    {
      name: 'start',
      about: 'copy topics, groups and access, and go on copying',
      isLocal: true,
      printsRows: true,
      flags: [
        ...ENDS,
        ...TOPICS,
        ...GROUPS,
        { flags: '--rate <bytes>', about: 'at most so many bytes a second, as 10MiB/s' },
        {
          flags: '--replication-factor <count>',
          about: "of topics that are made (default: the source's, or the target's number of brokers)",
        },
        {
          flags: '--fill-limit <count>',
          about:
            'the largest hole in the offsets that is filled; behind a larger one offsets differ (default: 1000000)',
        },
        { flags: '--no-access', about: 'leave ACLs, quotas and users alone' },
        { flags: '--once', about: 'stop when everything is copied' },
        { flags: '--again', about: 'begin again after a cutover' },
      ],
      examples: [
        [`klamm mirror start ${ALIKE}`, 'everything'],
        ['klamm mirror start --from old --to new -t orders --rate 20MiB/s', 'one topic, slowly; profiles'],
        [`klamm mirror start ${ALIKE} --dry-run`, 'what it would make, take, go on with and leave'],
        [`klamm mirror start ${ALIKE} --once -o json`, 'what there is, and a report for a program'],
      ],
      notes:
        'It may be killed at any moment: where it was is read off the target. A second one of the same name waits. Of the\n' +
        'target it needs ALTER or CLUSTER_ACTION on the cluster (for markers), and to make, alter, read and write the topics.',
      load: async () => (await import('./mirror.ts')).startMirror,
    },
    {
      name: 'status',
      about: 'show how far a mirror is, partition by partition',
      isLocal: true,
      printsRows: true,
      flags: ENDS,
      examples: [
        [`klamm mirror status ${ALIKE}`, 'a table'],
        [`klamm mirror status ${ALIKE} -o json`, 'for a program'],
      ],
      load: async () => (await import('./mirror-status.ts')).mirrorStatusCommand,
    },
    {
      name: 'verify',
      about: 'compare source and target, record by record',
      isLocal: true,
      printsRows: true,
      flags: [
        ...ENDS,
        ...TOPICS,
        { flags: '--range <count>', about: 'offsets that are compared as one (default: 100000)' },
      ],
      examples: [
        [`klamm mirror verify ${ALIKE}`, 'all partitions'],
        [`klamm mirror verify ${ALIKE} -t orders`, 'one topic'],
      ],
      notes: 'The exit code is 1 where a range differs.',
      load: async () => (await import('./mirror-verify.ts')).verifyMirror,
    },
    {
      name: 'cutover',
      about: 'check that everything has moved, and end the mirror',
      isLocal: true,
      printsRows: true,
      flags: [
        ...ENDS,
        ...GROUPS,
        { flags: '--settle <duration>', about: 'how long the source has to be still (default: 5s)' },
        { flags: '--no-verify', about: 'do not compare the records' },
      ],
      examples: [
        [`klamm mirror cutover ${ALIKE}`, 'after the last writer has stopped'],
        [`klamm mirror cutover ${ALIKE} --dry-run`, 'only the checks'],
      ],
      notes:
        'Stop the writers and consumers of the source first, and let the mirror run. Where a check fails, nothing is ended\n' +
        'and the exit code is 1.',
      load: async () => (await import('./mirror-cutover.ts')).cutoverMirror,
    },
    {
      name: 'forget',
      about: 'forget topics of a mirror, so that they are copied anew',
      isLocal: true,
      parameters: [{ name: '<topics...>', about: 'one topic or several' }],
      flags: ENDS,
      examples: [[`klamm mirror forget orders ${ALIKE}`, 'after it was deleted on the target']],
      load: async () => (await import('./mirror.ts')).forgetTopics,
    },
  ],
};
