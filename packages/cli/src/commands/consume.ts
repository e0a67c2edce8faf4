// `klamm consume TOPIC`: prints records, from where the user says, until told to stop.
//
// Records are written in the order in which they come; the reader of the pipe sets the pace. A span's end is known by
// offset for each partition, so that it holds also where compaction left gaps.

import type { Admin } from '@klamm/client/admin/admin';
import type { CommandRun } from '../command.ts';
import { wholeNumber, wholeNumbers } from '../flag-values.ts';
import { Gathered } from '../output/gathered.ts';
import { type Position, parseSpan, type Span } from '../record/position.ts';
import { printer } from '../record/printer.ts';
import { namesOf } from '../several.ts';
import { topicNames, unknownTopic } from '../topics.ts';
import { usageError } from '../usage-error.ts';
import { consumeAsGroup } from './consume-group.ts';

interface Plan {
  readonly from: Readonly<Record<number, number>>;
  /** By partition: the offset to stop before; undefined where it goes on. */
  readonly until: ReadonlyMap<number, number> | undefined;
}

export const consume: CommandRun = async (context, parameters, flags) => {
  if (flags.text('group') !== undefined) return consumeAsGroup(context, parameters, flags);
  const [topic = '', ...others] = namesOf(parameters[0]);
  if (others.length > 0 || topic.startsWith('^')) {
    throw usageError('Several topics, or a pattern, are read by a group: -g GROUP.');
  }
  const span = parseSpan(flags.list('offset'), context.clock.now());
  const count = wholeNumber(flags, 'count', '-n', 1) ?? Number.POSITIVE_INFINITY;
  const print = printer(context, flags);
  const wanted = wholeNumbers(flags, 'partition', '-p', 0);
  const { interrupted } = context;
  const kafka = await context.kafka();
  await using admin = kafka.admin();
  const known = await topicNames(admin);
  if (!known.includes(topic)) throw unknownTopic(topic, known);
  const partitions =
    wanted.length > 0 ? wanted : (await admin.describeTopic(topic)).partitions.map(({ index }) => index);
  const plan = await planOf(admin, topic, partitions, span, flags.on('exit'));
  const open = openPartitions(plan);
  if (open.size === 0) return context.say('No records there.');
  const consumer = kafka.consume({
    topic,
    from: Object.fromEntries([...open].map((index) => [index, plan.from[index] ?? 0])),
    toEnd: plan.until !== undefined,
    readCommitted: flags.text('isolation') === 'read_committed',
    signal: interrupted,
  });
  if (plan.until === undefined && process.stderr.isTTY)
    context.say(context.style('dim', `Waiting for records of ${topic}; Ctrl-C ends.`));
  let printed = 0;
  const output = new Gathered(context);
  for await (const batch of consumer.batches()) {
    const end = plan.until?.get(batch.partition) ?? Number.POSITIVE_INFINITY;
    for (const message of batch.messages) {
      if (printed >= count || interrupted.aborted) break;
      if (message.offset >= end) continue;
      printed++;
      if (output.add(print(message))) await output.flush();
    }
    await output.flush();
    if ((batch.messages.at(-1)?.offset ?? -1) + 1 >= end) open.delete(batch.partition);
    if (printed >= count || open.size === 0 || interrupted.aborted) break;
  }
  if (flags.text('output') === 'json') await context.write(printed === 0 ? '[]\n' : '\n]\n');
};

async function planOf(
  admin: Admin,
  topic: string,
  partitions: readonly number[],
  span: Span,
  exit: boolean,
): Promise<Plan> {
  const options = { partitions };
  const [starts, ends] = await Promise.all([
    admin.listOffsets(topic, 'earliest', options),
    admin.listOffsets(topic, 'latest', options),
  ]);
  const resolve = async (position: Position): Promise<Map<number, number>> => {
    if (position.kind === 'time') return admin.listOffsets(topic, new Date(position.timestampMs), options);
    return new Map(
      partitions.map((index) => [index, placeIn(position, starts.get(index) ?? 0, ends.get(index) ?? 0)]),
    );
  };
  const from = await resolve(span.from);
  const until = span.until === undefined ? undefined : await resolve(span.until);
  if (!exit && until === undefined) return { from: Object.fromEntries(from), until };
  // What is written while it reads is not waited for: a span ends where the log ended when it began, or before.
  const stops = [...ends].map(([index, end]) => [index, Math.min(end, until?.get(index) ?? end)] as const);
  return { from: Object.fromEntries(from), until: new Map(stops) };
}

/** An offset within the log, or the one that was named, wherever that is. */
function placeIn(position: Exclude<Position, { kind: 'time' }>, start: number, end: number): number {
  switch (position.kind) {
    case 'start':
      return Math.min(start + position.plus, end);
    case 'end':
      return Math.max(end - position.minus, start);
    case 'offset':
      return Math.max(position.offset, start);
  }
}

/** The partitions that have anything to print, now or later. */
function openPartitions({ from, until }: Plan): Set<number> {
  const all = Object.keys(from).map(Number);
  return new Set(all.filter((index) => (until?.get(index) ?? Number.POSITIVE_INFINITY) > (from[index] ?? 0)));
}
