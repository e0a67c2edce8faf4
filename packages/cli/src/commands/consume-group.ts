// `klamm consume TOPIC -g GROUP`: prints records as a member of a group, and commits what it has printed.
//
// What the group does is told on stderr, so that somebody who starts a second member sees the partitions move. Ctrl-C,
// -n and -e end it the same way: what was printed is committed, and the group is left.

import type { GroupConsumer } from '@klamm/client/group/group-consumer';
import type { CommandRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { wholeNumber } from '../flag-values.ts';
import { Gathered } from '../output/gathered.ts';
import { parseSpan } from '../record/position.ts';
import { printer } from '../record/printer.ts';
import { topicNames, unknownTopic } from '../topics.ts';
import { usageError } from '../usage-error.ts';

export const consumeAsGroup: CommandRun = async (context, [name], flags) => {
  const topic = String(name);
  const groupId = flags.text('group') ?? '';
  const count = wholeNumber(flags, 'count', '-n', 1) ?? Number.POSITIVE_INFINITY;
  if (flags.list('partition').length > 0) {
    throw usageError('With -g the group shares the partitions out; leave out -p.');
  }
  const print = printer(context, flags);
  const kafka = await context.kafka();
  await using admin = kafka.admin();
  const known = await topicNames(admin);
  if (!known.includes(topic)) throw unknownTopic(topic, known);
  const ends = flags.on('exit') ? await admin.listOffsets(topic, 'latest') : undefined;

  await using group = kafka.group({
    groupId,
    topics: topic,
    autoOffsetReset: resetOf(flags.list('offset'), context.clock.now()),
    readCommitted: flags.text('isolation') === 'read_committed',
    signal: context.interrupted,
  });
  tellEvents(context, group);
  let printed = 0;
  const output = new Gathered(context);
  const isRead = (): boolean => ends !== undefined && hasReached(group, ends);
  // Who has nothing to read of what was there is told so by its positions, not by a record.
  const watch =
    ends === undefined ? undefined : context.clock.every(100, () => isRead() && void group.close());
  for await (const batch of group.batches()) {
    for (const message of batch.messages) {
      if (printed >= count || context.interrupted.aborted) break;
      printed++;
      if (output.add(print(message))) await output.flush();
      message.mark();
    }
    await output.flush();
    if (printed >= count || isRead() || context.interrupted.aborted) break;
  }
  watch?.cancel();
  if (flags.text('output') === 'json') await context.write(printed === 0 ? '[]\n' : '\n]\n');
};

function resetOf(places: readonly string[], nowMs: number): 'earliest' | 'latest' {
  const { from, until } = parseSpan(places, nowMs);
  if (until === undefined && from.kind === 'start' && from.plus === 0) return 'earliest';
  if (until === undefined && from.kind === 'end' && from.minus === 0) return 'latest';
  throw usageError(
    'With -g, -o can only be start or end: where a group that has committed nothing begins. To move a group: klamm group reset.',
  );
}

/** Whether this member has read all that was there of its partitions. */
function hasReached(group: GroupConsumer, ends: ReadonlyMap<number, number>): boolean {
  const { assignment } = group;
  return (
    assignment.length > 0 &&
    assignment.every((place) => (group.position(place) ?? -1) >= (ends.get(place.partition) ?? 0))
  );
}

function tellEvents(context: CommandContext, group: GroupConsumer): void {
  const listed = (partitions: readonly { readonly partition: number }[]): string =>
    partitions.map(({ partition }) => partition).join(', ');
  const say = (text: string): void => context.say(context.style('dim', text));
  group.on('joined', ({ memberId, generation }) => say(`Joined as ${memberId}, generation ${generation}.`));
  group.on('assigned', ({ partitions }) => say(`Reading partitions ${listed(partitions)}.`));
  group.on('revoked', ({ partitions }) => say(`Giving back partitions ${listed(partitions)}.`));
  group.on('lost', ({ partitions, reason }) => say(`Lost partitions ${listed(partitions)}: ${reason}.`));
  group.on('error', ({ reason }) => say(reason));
  group.on('commitFailed', ({ error }) => say(error?.message ?? 'A commit failed.'));
}
