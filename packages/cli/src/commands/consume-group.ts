// `klamm consume TOPICS -g GROUP`: prints records as a member of a group, and commits what it has printed.
//
// What the group does is told on stderr, so that somebody who starts a second member sees the partitions move. Ctrl-C,
// -n and -e end it the same way: what was printed is committed, and the group is left. A record is marked when it is
// out, never while it is gathered: what a slow reader of the pipe has not been given is not committed.

import type { Admin } from '@klamm/client/admin/admin';
import type { GroupConsumer } from '@klamm/client/group/group-consumer';
import type { GroupMessage } from '@klamm/client/group/group-message';
import { matching } from '@klamm/client/group/membership/subscription';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { CommandRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { wholeNumber } from '../flag-values.ts';
import { Gathered } from '../output/gathered.ts';
import { parseSpan } from '../record/position.ts';
import { printer } from '../record/printer.ts';
import { namesOf } from '../several.ts';
import { topicNames, unknownTopic } from '../topics.ts';
import { usageError } from '../usage-error.ts';

/** How often it is looked whether all was read, where nothing comes. */
const LOOK_MS = 100;

export const consumeAsGroup: CommandRun = async (context, [names], flags) => {
  const groupId = flags.text('group') ?? '';
  const count = wholeNumber(flags, 'count', '-n', 1) ?? Number.POSITIVE_INFINITY;
  if (flags.list('partition').length > 0) {
    throw usageError('With -g the group shares the partitions out; leave out -p.');
  }
  const autoOffsetReset = resetOf(flags.list('offset'), context.clock.now());
  const topics = topicsOf(namesOf(names));
  const print = printer(context, flags);
  const kafka = await context.kafka();
  await using admin = kafka.admin();
  const now = await topicsNow(context, admin, topics);
  const ends = flags.on('exit') ? await endsOf(admin, now) : undefined;

  await using group = kafka.group({
    groupId,
    topics,
    autoOffsetReset,
    readCommitted: flags.text('isolation') === 'read_committed',
  });
  tellEvents(context, group, Array.isArray(topics) && topics.length === 1);
  const isRead = (): boolean => ends !== undefined && hasReached(group, ends);
  const printed = await printAll(context, group, print, { count, isRead });
  if (flags.text('output') === 'json') await context.write(printed === 0 ? '[]\n' : '\n]\n');
};

/** Prints until it is interrupted, `count` records are out, or all is read; the count. The group is closed then. */
async function printAll(
  context: CommandContext,
  group: GroupConsumer,
  print: (message: GroupMessage) => Buffer,
  { count, isRead }: { readonly count: number; readonly isRead: () => boolean },
): Promise<number> {
  const { interrupted, unread } = context;
  const output = new Gathered(context);
  let printed = 0;
  let isPrinting = false;
  // In the middle of a batch the loop ends the group by itself, so that what is on its way out is committed.
  const endIfIdle = (): void => {
    if (!isPrinting) void group.close();
  };
  interrupted.addEventListener('abort', endIfIdle);
  if (interrupted.aborted) endIfIdle();
  // Who has nothing to read of what was there is told so by its positions, not by a record.
  const watch = context.clock.every(LOOK_MS, () => isRead() && endIfIdle());
  const flush = async (last: GroupMessage | undefined): Promise<void> => {
    await output.flush();
    if (!unread.aborted) last?.mark();
  };
  for await (const { messages } of group.batches()) {
    isPrinting = true;
    let last: GroupMessage | undefined;
    for (const message of messages) {
      if (printed >= count || interrupted.aborted || unread.aborted) break;
      printed++;
      last = message;
      if (output.add(print(message))) await flush(last);
    }
    await flush(last);
    isPrinting = false;
    if (printed >= count || isRead() || interrupted.aborted || unread.aborted) break;
  }
  watch.cancel();
  return printed;
}

/** Names; or, of one that begins with ^, as no name of a topic does, a pattern. */
function topicsOf(names: readonly string[]): readonly string[] | RegExp {
  const pattern = names.find((name) => name.startsWith('^'));
  if (pattern === undefined) return names;
  if (names.length > 1) throw usageError(`${pattern} is a pattern: give one pattern, or topics by name.`);
  try {
    return new RegExp(pattern);
  } catch {
    throw usageError(`${pattern} is no regular expression.`);
  }
}

/** The topics that are there. Throws UNKNOWN_TOPIC_OR_PARTITION where one is named that is not. */
async function topicsNow(
  context: CommandContext,
  admin: Admin,
  topics: readonly string[] | RegExp,
): Promise<readonly string[]> {
  const known = await topicNames(admin);
  if (topics instanceof RegExp) {
    const found = matching(topics, known);
    if (found.length === 0) context.say(`${topics.source} is the whole name of no topic yet.`);
    return found;
  }
  const missing = topics.find((name) => !known.includes(name));
  if (missing !== undefined) throw unknownTopic(missing, known);
  return topics;
}

async function endsOf(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const ends = new Map<string, number>();
  for (const topic of topics) {
    for (const [partition, end] of await admin.listOffsets(topic, 'latest')) {
      ends.set(partitionText({ topic, partition }), end);
    }
  }
  return ends;
}

function resetOf(places: readonly string[], nowMs: number): 'earliest' | 'latest' {
  const { from, until } = parseSpan(places, nowMs);
  if (until === undefined && from.kind === 'start' && from.plus === 0) return 'earliest';
  if (until === undefined && from.kind === 'end' && from.minus === 0) return 'latest';
  throw usageError(
    'With -g, -o can only be start or end: where a group that has committed nothing begins. To move a group: klamm group reset.',
  );
}

/** Whether this member has read all that was there of its partitions. */
function hasReached(group: GroupConsumer, ends: ReadonlyMap<string, number>): boolean {
  const { assignment } = group;
  return (
    assignment.length > 0 &&
    assignment.every((place) => (group.position(place) ?? -1) >= (ends.get(partitionText(place)) ?? 0))
  );
}

/** @param isOneTopic partitions are told by number alone */
function tellEvents(context: CommandContext, group: GroupConsumer, isOneTopic: boolean): void {
  const listed = (partitions: readonly TopicPartition[]): string =>
    partitions.map((place) => (isOneTopic ? String(place.partition) : partitionText(place))).join(', ');
  const say = (text: string): void => context.say(context.style('dim', text));
  group.on('joined', ({ memberId, generation }) => say(`Joined as ${memberId}, generation ${generation}.`));
  group.on('assigned', ({ partitions }) => say(`Reading partitions ${listed(partitions)}.`));
  group.on('revoked', ({ partitions }) => say(`Giving back partitions ${listed(partitions)}.`));
  group.on('lost', ({ partitions, reason }) => say(`Lost partitions ${listed(partitions)}: ${reason}.`));
  group.on('error', ({ reason }) => say(reason));
  group.on('commitFailed', ({ error }) => say(error?.message ?? 'A commit failed.'));
}
