// `klamm topic elect` and `klamm cluster balance`: has leaders elected.

import type { Election, ElectLeadersOptions } from '@klamm/client/admin/elections';
import { partitionText } from '@klamm/protocol/groups/topic-partition';
import type { CommandRun } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import { type CommandContext, sentenceOf } from '../context.ts';
import { namesOf } from '../several.ts';
import { partitionsOf } from '../topic-partitions.ts';

export const elect: CommandRun = async (context, [topics], flags) => {
  await using admin = (await context.kafka()).admin();
  const partitions = await partitionsOf(admin, namesOf(topics));
  const type = flags.on('unclean') ? 'unclean' : 'preferred';
  if (context.globals.dryRun)
    return context.say(`${partitions.map(partitionText).join(', ')}: ${type} election.`);
  const question =
    'A leader that was not in sync lacks records that were acknowledged, and they are lost. Elect one where none is in sync?';
  if (type === 'unclean' && !(await isConfirmed(context, question))) {
    context.hasFailed = true;
    return context.say('No leader was elected.');
  }
  tell(context, await admin.electLeaders({ type, partitions } satisfies ElectLeadersOptions));
};

export const balance: CommandRun = async (context) => {
  await using admin = (await context.kafka()).admin();
  if (context.globals.dryRun) {
    const topics = await admin.listTopics({ internal: true });
    const other = topics.flatMap(({ name: topic, partitions }) =>
      partitions
        .filter(({ leader, replicas }) => leader !== replicas[0])
        .map(({ index }) => partitionText({ topic, partition: index })),
    );
    return context.say(`${other.length} partitions are led by another than the first of their replicas.`);
  }
  tell(context, await admin.electLeaders());
};

function tell(context: CommandContext, elections: readonly Election[]): void {
  for (const { error } of elections) if (error !== undefined) context.fail(sentenceOf(error));
  const elected = elections.filter(({ isElected }) => isElected);
  for (const place of elected) context.say(`${partitionText(place)} has a new leader.`);
  if (elected.length === 0 && !context.hasFailed) context.say('Every leader is the one it shall be.');
}
