// `klamm topic`: its commands as rows of the command table.

import type { CommandSpec } from '../command.ts';
import { topicMoveCommands } from './topic-move-table.ts';

const NAMES = { name: '<topics...>', about: 'one topic or several' };
const NAME = { name: '<topic>', about: 'the topic' };
const CONFIG = {
  flags: '-c, --config <key=value>',
  about: "a setting by Kafka's name, as retention.ms=3600000",
  repeats: true,
};

export const topicCommands: CommandSpec = {
  name: 'topic',
  aliases: ['topics'],
  about: 'list, create, describe, change and delete topics',
  examples: [
    ['klamm topic list', 'all topics'],
    ['klamm topic create orders -p 3', 'a topic with three partitions'],
    ['klamm topic describe orders', 'its partitions and settings'],
  ],
  commands: [
    {
      name: 'list',
      aliases: ['ls'],
      about: 'list topics',
      flags: [{ flags: '-a, --all', about: "also Kafka's internal ones, as __consumer_offsets" }],
      examples: [
        ['klamm topic list', 'a table'],
        ['klamm topics ls -o json', 'for a program'],
      ],
      load: async () => (await import('./topic.ts')).listTopics,
    },
    {
      name: 'create',
      about: 'create topics',
      parameters: [NAMES],
      flags: [
        { flags: '-p, --partitions <count>', about: "how many (default: the broker's num.partitions)" },
        { flags: '-r, --replication-factor <count>', about: "copies (default: the broker's)" },
        CONFIG,
        { flags: '--if-not-exists', about: 'a topic that is there already is no failure' },
      ],
      examples: [
        ['klamm topic create orders -p 3', 'three partitions'],
        ['klamm topic create users -c cleanup.policy=compact', 'the last value of every key is kept'],
        ['klamm topic create orders --dry-run', 'would it work?'],
      ],
      load: async () => (await import('./topic.ts')).createTopics,
    },
    {
      name: 'describe',
      aliases: ['show'],
      about: 'show partitions, leaders and offsets of topics',
      parameters: [NAMES],
      examples: [
        ['klamm topic describe orders', 'a row for each partition'],
        ['klamm topic describe orders -o wide', 'with replicas and epochs'],
      ],
      load: async () => (await import('./topic.ts')).describeTopics,
    },
    {
      name: 'delete',
      aliases: ['rm'],
      about: 'delete topics and all their records',
      parameters: [NAMES],
      examples: [
        ['klamm topic delete orders', 'asks first'],
        ['klamm topic delete orders payments --yes', 'does not ask'],
      ],
      load: async () => (await import('./topic.ts')).deleteTopics,
    },
    {
      name: 'config',
      about: 'show the settings of a topic',
      parameters: [NAME],
      flags: [{ flags: '-a, --all', about: 'also those that are at their default' }],
      examples: [
        ['klamm topic config orders', 'what was set'],
        ['klamm topic config orders --all -o wide', 'everything, and what it means'],
      ],
      load: async () => (await import('./topic-config.ts')).topicConfig,
    },
    {
      name: 'alter',
      about: 'change settings of a topic',
      parameters: [NAME],
      flags: [
        { flags: '-s, --set <key=value>', about: 'set a setting', repeats: true },
        { flags: '-u, --unset <key>', about: 'go back to the default', repeats: true },
      ],
      examples: [
        ['klamm topic alter orders --set retention.ms=3600000', 'keep an hour'],
        ['klamm topic alter orders --unset retention.ms', 'back to the default'],
      ],
      load: async () => (await import('./topic-config.ts')).alterTopic,
    },
    {
      name: 'add-partitions',
      about: 'raise the number of partitions',
      parameters: [NAME],
      flags: [{ flags: '--to <count>', about: 'how many there will be in all' }],
      examples: [['klamm topic add-partitions orders --to 6', 'six in all']],
      notes: 'Records with a key go to other partitions than before from then on. There is no way back.',
      load: async () => (await import('./topic.ts')).addPartitions,
    },
    ...topicMoveCommands,
  ],
};
