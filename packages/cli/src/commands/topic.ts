// `klamm topic`: list, create, describe, delete, add-partitions. Of several topics each is done by itself: what fails
// is told, the others go on, and the exit code is 1.

import { KlammError } from '@klamm/base/errors';
import type { CommandRun } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import { sentenceOf } from '../context.ts';
import { wholeNumber } from '../flag-values.ts';
import { splitPair } from '../globals.ts';
import { failOrThrow, namesOf } from '../several.ts';
import { topicNames, unknownTopic } from '../topics.ts';
import { usageError } from '../usage-error.ts';

export const listTopics: CommandRun = async (context, _parameters, flags) => {
  await using admin = (await context.kafka()).admin();
  const topics = await admin.listTopics({ internal: flags.on('all') });
  const rows = topics.map(({ name, id, isInternal, partitions }) => ({
    topic: name,
    partitions: partitions.length,
    replicas: partitions[0]?.replicas.length ?? 0,
    internal: isInternal,
    id,
  }));
  const columns = [
    { key: 'topic', title: 'TOPIC' },
    { key: 'partitions', title: 'PARTITIONS', isNumber: true },
    { key: 'replicas', title: 'REPLICAS', isNumber: true },
    { key: 'internal', title: 'INTERNAL', isWide: true },
    { key: 'id', title: 'ID', isWide: true },
  ];
  await context.rows(columns, rows, 'There are no topics yet. Create one with: klamm topic create NAME');
};

export const createTopics: CommandRun = async (context, [names], flags) => {
  const partitions = wholeNumber(flags, 'partitions', '-p', 1);
  const replicationFactor = wholeNumber(flags, 'replicationFactor', '-r', 1);
  const configs = Object.fromEntries(
    flags.list('config').map((text) => {
      const { key, value } = splitPair('-c', text);
      return [key, value];
    }),
  );
  const { dryRun } = context.globals;
  await using admin = (await context.kafka()).admin();
  for (const name of namesOf(names)) {
    const topic = {
      name,
      configs,
      ...(partitions === undefined ? {} : { partitions }),
      ...(replicationFactor === undefined ? {} : { replicationFactor }),
    };
    try {
      await admin.createTopic(topic, { validateOnly: dryRun });
      if (dryRun) context.say(`The topic ${name} can be created.`);
      else context.say(`Created the topic ${name}.`);
    } catch (error) {
      const isThere = error instanceof KlammError && error.code === 'TOPIC_ALREADY_EXISTS';
      if (isThere && flags.on('ifNotExists')) context.say(`The topic ${name} is there already.`);
      else failOrThrow(context, error);
    }
  }
};

export const describeTopics: CommandRun = async (context, [names]) => {
  await using admin = (await context.kafka()).admin();
  const known = await topicNames(admin);
  const rows = [];
  for (const name of namesOf(names)) {
    if (!known.includes(name)) {
      context.fail(sentenceOf(unknownTopic(name, known)));
      continue;
    }
    const topic = await admin.describeTopic(name);
    const [starts, ends] = await Promise.all([
      admin.listOffsets(name, 'earliest'),
      admin.listOffsets(name, 'latest'),
    ]);
    for (const { index, leader, leaderEpoch, replicas, isr } of topic.partitions) {
      const startOffset = starts.get(index) ?? null;
      const endOffset = ends.get(index) ?? null;
      const records = startOffset === null || endOffset === null ? null : endOffset - startOffset;
      rows.push({
        topic: name,
        partition: index,
        leader,
        startOffset,
        endOffset,
        records,
        leaderEpoch,
        replicas,
        isr,
        id: topic.id,
      });
    }
  }
  const columns = [
    { key: 'topic', title: 'TOPIC' },
    { key: 'partition', title: 'PARTITION', isNumber: true },
    { key: 'leader', title: 'LEADER', isNumber: true },
    { key: 'startOffset', title: 'START', isNumber: true },
    { key: 'endOffset', title: 'END', isNumber: true },
    { key: 'records', title: 'RECORDS', isNumber: true },
    { key: 'leaderEpoch', title: 'EPOCH', isNumber: true, isWide: true },
    { key: 'replicas', title: 'REPLICAS', isWide: true },
    { key: 'isr', title: 'IN SYNC', isWide: true },
    { key: 'id', title: 'TOPIC ID', isWide: true },
  ];
  if (rows.length > 0 || !context.hasFailed) await context.rows(columns, rows, 'No partitions.');
};

export const deleteTopics: CommandRun = async (context, [names]) => {
  const { dryRun } = context.globals;
  await using admin = (await context.kafka()).admin();
  const known = await topicNames(admin);
  const found = namesOf(names).filter((name) => {
    if (known.includes(name)) return true;
    context.fail(deletionHint(unknownTopic(name, known)));
    return false;
  });
  if (dryRun) {
    for (const name of found) context.say(`The topic ${name} would be deleted.`);
    return;
  }
  if (found.length > 0 && !(await isConfirmed(context, `Delete ${found.join(', ')} and all records?`))) {
    context.hasFailed = true;
    return context.say('Nothing was deleted.');
  }
  for (const name of found) {
    try {
      await admin.deleteTopic(name);
      context.say(`Deleted the topic ${name}.`);
    } catch (error) {
      failOrThrow(context, error);
    }
  }
};

/** Who wants a topic gone has no use for the advice to create it. */
const deletionHint = (error: KlammError): string => error.message.replace(/ Create it with: .*$/, '');

export const addPartitions: CommandRun = async (context, [name], flags) => {
  const topic = String(name);
  const count = wholeNumber(flags, 'to', '--to', 1);
  if (count === undefined)
    throw usageError(`How many partitions in all? klamm topic add-partitions ${topic} --to 6`);
  const { dryRun } = context.globals;
  await using admin = (await context.kafka()).admin();
  const known = await topicNames(admin);
  if (!known.includes(topic)) throw unknownTopic(topic, known);
  await admin.createPartitions(topic, count, { validateOnly: dryRun });
  context.say(dryRun ? `${topic} can have ${count} partitions.` : `${topic} has ${count} partitions now.`);
};
