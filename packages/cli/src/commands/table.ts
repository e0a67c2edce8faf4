// Every command of the command line, in the order in which --help shows them.

import type { CommandSpec, FlagSpec } from '../command.ts';
import { FORMAT_GRAMMAR } from '../record/format.ts';
import { POSITION_GRAMMAR } from '../record/position.ts';
import { SETTING_FLAGS } from '../setting-flags.ts';
import { aclCommands } from './acl-table.ts';
import { certsCommands } from './certs-table.ts';
import { clusterCommands } from './cluster-table.ts';
import { configCommands } from './config-table.ts';
import { groupCommands } from './group-table.ts';
import { logCommands } from './log-table.ts';
import { mirrorCommands } from './mirror-table.ts';
import { profileCommands } from './profile-table.ts';
import { quotaCommands } from './quota-table.ts';
import { tokenCommands } from './token-table.ts';
import { topicCommands } from './topic-table.ts';
import { transactionCommands } from './txn-table.ts';
import { userCommands } from './user-table.ts';

const START_FLAGS: readonly FlagSpec[] = [
  { flags: '-d, --data <dir>', about: 'where to keep the data (default: ./klamm-data)' },
  { flags: '--memory', about: 'keep the data in memory; it is gone when the broker ends' },
  ...SETTING_FLAGS,
  { flags: '--topic <name[:partitions]>', about: 'create a topic if it is missing', repeats: true },
  { flags: '--log-level <level>', about: 'debug, info, warn, error or silent (default: info)' },
];

const PRODUCE_FLAGS: readonly FlagSpec[] = [
  { flags: '-k, --key <key>', about: 'the key of every record' },
  { flags: '-K, --key-separator <text>', about: 'what stands between key and value in a line' },
  { flags: '-H, --header <name=value>', about: 'a header of every record', repeats: true },
  { flags: '-P, --partition <number>', about: "the partition (default: by the key, as Java's client does)" },
  {
    flags: '--input <form>',
    about: 'lines (default), ndjson as consume prints it, or raw: all of stdin as one record',
    choices: ['lines', 'ndjson', 'raw'],
  },
  { flags: '-Z, --tombstone', about: 'an empty value is a tombstone (null)' },
  { flags: '--acks <count>', about: 'all (default), 1 or 0', choices: ['all', '-1', '1', '0'] },
  {
    flags: '-z, --compression <name>',
    about: 'none (default), gzip, snappy, lz4 or zstd',
    choices: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  },
  { flags: '--rate <number>', about: 'at most so many records a second' },
  {
    flags: '--transactional-id <id>',
    about: 'all of stdin in one transaction of this id: either all of it counts, or nothing',
  },
  {
    flags: '--transaction-timeout <duration>',
    about: 'how long that may take before the broker aborts it (default: 60s)',
  },
  { flags: '--create', about: 'create the topic if it is missing' },
];

const CONSUME_FLAGS: readonly FlagSpec[] = [
  { flags: '-g, --group <group>', about: 'as a member of this group: from where it is, and committed' },
  { flags: '-o, --offset <where>', about: 'where to start; see below (default: end)', repeats: true },
  { flags: '-p, --partition <number>', about: 'only this partition', repeats: true },
  { flags: '-n, --count <number>', about: 'stop after so many records' },
  { flags: '-e, --exit', about: 'stop at the end instead of waiting for more' },
  { flags: '-f, --format <format>', about: "print each record like this; see below (default: '%s\\n')" },
  {
    flags: '--output <form>',
    about: 'ndjson: all of a record as JSON, one a line',
    choices: ['ndjson', 'json'],
  },
  {
    flags: '--isolation <level>',
    about: 'read_uncommitted (default) or read_committed',
    choices: ['read_uncommitted', 'read_committed'],
  },
];

export const commands: readonly CommandSpec[] = [
  {
    name: 'start',
    about: 'run a broker until Ctrl-C',
    isLocal: true,
    flags: START_FLAGS,
    examples: [
      ['klamm start', 'data in ./klamm-data'],
      ['klamm start --memory --port 0', 'for a test: a free port, nothing kept'],
      ['klamm start --topic orders:3', 'with a topic of three partitions'],
      ['klamm start -c server.properties', "with Kafka's own settings"],
      ['klamm start --set flush.policy=os', 'trust the page cache, as Kafka does by default'],
    ],
    notes:
      'Of several values for one setting the first counts: flags, --set, --config, KAFKA_* and KAFKA_CFG_* variables.',
    load: async () => (await import('./start.ts')).start,
  },
  topicCommands,
  {
    name: 'produce',
    about: 'send records from stdin to a topic',
    parameters: [{ name: '<topic>', about: 'the topic' }],
    flags: PRODUCE_FLAGS,
    examples: [
      ['echo hello | klamm produce greetings', 'a record per line'],
      ["echo 'o-1:paid' | klamm produce orders -K :", 'a key before the colon'],
      ['klamm produce photos --input raw -z zstd < cat.jpg', 'a file as one record'],
      [
        'klamm consume orders -o :end --output ndjson | klamm produce copy --input ndjson --create',
        'a topic copied into another',
      ],
      ['klamm produce orders --transactional-id load-1 < orders.txt', 'the whole file, or nothing of it'],
    ],
    notes:
      'Says where the records went on stderr; with --output, it prints that as data. Of ndjson, key, value, headers and\n' +
      'timestamp are taken; topic, partition and offset are where a record was, and are not. A transaction is committed at the\n' +
      'end of stdin, and aborted by Ctrl-C and by any record that is not taken; whoever else uses its id is fenced off.',
    load: async () => (await import('./produce.ts')).produce,
  },
  {
    name: 'consume',
    about: 'print the records of a topic, and wait for more',
    parameters: [
      {
        name: '<topics...>',
        about: "the topic; with -g also several, or a pattern of whole names: '^orders-.*'",
      },
    ],
    flags: CONSUME_FLAGS,
    examples: [
      ['klamm consume greetings', 'what comes from now on'],
      ['klamm consume greetings -o start -e', 'all there is, then stop'],
      ['klamm consume greetings -o -5 -e', 'the last five of each partition'],
      ["klamm consume orders -o @-1h -f '%T %p/%o %k: %s\\n'", 'the last hour, with time and key'],
      ['klamm consume orders -o start -e --output ndjson | jq .value', 'for another program'],
      ['klamm consume orders -g billing', 'share its partitions with the other members of the group billing'],
      ['klamm consume orders -g billing -o start', 'a new group begins at the oldest record'],
      [
        "klamm consume '^orders-.*' -g billing -f '%t: %s\\n'",
        'all topics of a pattern, those to come included',
      ],
    ],
    notes:
      `${POSITION_GRAMMAR}\n\n${FORMAT_GRAMMAR}\n\n` +
      'With -g, the group says where to start: -o start or -o end holds only where it has committed nothing yet. What was\n' +
      'printed is committed every five seconds and at the end; Ctrl-C leaves the group. --output and -n work as without.',
    load: async () => (await import('./consume.ts')).consume,
  },
  configCommands,
  groupCommands,
  transactionCommands,
  aclCommands,
  userCommands,
  tokenCommands,
  profileCommands,
  quotaCommands,
  mirrorCommands,
  certsCommands,
  logCommands,
  clusterCommands,
  {
    name: 'doctor',
    about: 'say what is wrong with settings of Kafka, and what to write instead',
    parameters: [
      {
        name: '[files...]',
        about:
          'server.properties files, one for each node, or compose files (default: the one in this folder)',
      },
    ],
    flags: [
      { flags: '-e, --environment', about: 'the KAFKA_… variables of this shell' },
      {
        flags: '-l, --live',
        about:
          'the cluster of --bootstrap or the profile: its addresses, and the settings it tells; so too where one is named and no file',
      },
    ],
    examples: [
      ['klamm doctor compose.yml', 'all services of Kafka in it'],
      ['klamm doctor server.properties -o json', 'one node, for a program'],
      ['klamm doctor -b kafka.example:9092', 'one that runs'],
    ],
    notes:
      'error: it does not work, or anybody gets in. warning: it works until something happens. note: good to know.\n' +
      'The exit code is 1 where there is an error. Files that settings name (key stores, data directories) are looked into\n' +
      'where they are on this machine.',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'completion',
    about: 'print a script that completes commands and flags in your shell',
    isLocal: true,
    parameters: [{ name: '<shell>', about: 'bash, zsh or fish' }],
    examples: [
      ['source <(klamm completion bash)', 'for this shell'],
      ['klamm completion zsh > ~/.zfunc/_klamm', 'for every zsh whose fpath has ~/.zfunc'],
      ['klamm completion fish > ~/.config/fish/completions/klamm.fish', 'for every fish'],
    ],
    load: async () => (await import('./completion.ts')).completion,
  },
];
