// `klamm topic reassign`: moves partitions to other brokers, by a plan that is shown first.

import { readFileSync } from 'node:fs';
import { messageOf } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { CommandRun, Flags } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import type { CommandContext } from '../context.ts';
import { wholeNumber, wholeNumbers } from '../flag-values.ts';
import { quotaValue } from '../quota-flags.ts';
import { followMoves } from '../reassignment/follow.ts';
import { type Placement, type PlannedPartition, planReplicas } from '../reassignment/plan.ts';
import { formatPlan, parsePlan } from '../reassignment/plan-file.ts';
import { throttle, unthrottle } from '../reassignment/throttle.ts';
import { namesOf } from '../several.ts';
import { partitionsOf } from '../topic-partitions.ts';
import { usageError } from '../usage-error.ts';

const COLUMNS = [
  { key: 'topic', title: 'TOPIC' },
  { key: 'partition', title: 'PARTITION', isNumber: true },
  { key: 'from', title: 'FROM' },
  { key: 'to', title: 'TO' },
  { key: 'adding', title: 'COPIED TO' },
  { key: 'removing', title: 'DELETED FROM' },
];

export const reassign: CommandRun = async (context, [topics], flags) => {
  const names = namesOf(topics);
  const isRunning = flags.on('follow') || flags.on('cancel');
  const asked =
    flags.list('brokers').length > 0 ||
    ['replicationFactor', 'plan'].some((name) => flags.text(name) !== undefined);
  if (isRunning ? asked || (flags.on('follow') && flags.on('cancel')) : !asked) throw usageError(WHAT);
  await using admin = (await context.kafka()).admin();
  if (isRunning) return await ofRunning(context, admin, names, flags.on('cancel'));
  const limit = flags.text('throttle');
  const bytesPerSecond =
    limit === undefined ? undefined : quotaValue('producer_byte_rate', limit, 'throttle');
  const placements = await placementsOf(admin, names, flags);
  const changes = placements.filter(({ from, replicas }) => from.join() !== replicas.join());
  if (changes.length === 0) return context.say('Everything lies where it shall; nothing is to be moved.');
  await context.rows(COLUMNS, changes.map(rowOf), '');
  const copies = changes.reduce((sum, each) => sum + added(each).length, 0);
  const summary = `${changes.length} of ${placements.length} partitions change, and ${copies} replicas are copied.`;
  if (context.globals.dryRun) return context.say(`${summary} Nothing was done.`);
  if (!(await isConfirmed(context, `${summary} Go on?`))) {
    context.hasFailed = true;
    return context.say('Nothing was moved.');
  }
  if (context.globals.verbose)
    context.say(`As it was: ${formatPlan(changes.map((each) => ({ ...each, replicas: each.from })))}`);
  if (bytesPerSecond !== undefined) await throttle(admin, changes, bytesPerSecond);
  await admin.reassignPartitions(changes);
  if (flags.on('wait') || bytesPerSecond !== undefined) await finish(context, admin, changes);
  else context.say(`The move has begun. To wait for its end: ${again(changes)}`);
};

const WHAT =
  'What is to be done? Give --replication-factor, --brokers or --plan; or --follow or --cancel for what is under way.';

/** What is under way already: waits for it, or takes it back. */
async function ofRunning(
  context: CommandContext,
  admin: Admin,
  names: readonly string[],
  isCancelled: boolean,
): Promise<void> {
  const places = names.length === 0 ? undefined : await partitionsOf(admin, names);
  const moving = await admin.listReassignments(places);
  if (isCancelled && moving.length > 0) {
    const what = `${moving.map(partitionText).join(', ')} would stay on the brokers that had ${moving.length > 1 ? 'them' : 'it'}`;
    if (context.globals.dryRun) return context.say(`${what}.`);
    await admin.cancelReassignments(moving);
  }
  if (moving.length === 0) context.say('Nothing is under way.');
  if (!context.globals.dryRun) await finish(context, admin, moving, places, isCancelled);
}

/** Waits for the end, takes limits away, and has the first of the replicas lead. */
async function finish(
  context: CommandContext,
  admin: Admin,
  moving: readonly PlannedPartition[],
  places: readonly TopicPartition[] = moving,
  isCancelled = false,
): Promise<void> {
  if (moving.length > 0 && !(await followMoves(context, admin, moving))) {
    context.hasFailed = true;
    return context.say(
      `The cluster goes on moving; what limits it stays until its end. To wait again: ${again(moving)}`,
    );
  }
  const topics = [...new Set([...places, ...moving].map(({ topic }) => topic))];
  const { brokers } = await admin.describeCluster();
  await unthrottle(
    admin,
    topics,
    brokers.map(({ nodeId }) => nodeId),
  );
  if (moving.length === 0) return;
  const elections = isCancelled ? [] : await admin.electLeaders({ partitions: moving });
  for (const { error } of elections) if (error !== undefined) context.fail(error.message);
  const count = `${moving.length} partition${moving.length > 1 ? 's' : ''}`;
  context.say(isCancelled ? `${count} stay where they were.` : `${count} moved.`);
}

const again = (moving: readonly TopicPartition[]): string =>
  `klamm topic reassign ${[...new Set(moving.map(({ topic }) => topic))].join(' ')} --follow`;

async function placementsOf(admin: Admin, names: readonly string[], flags: Flags): Promise<Placement[]> {
  const file = flags.text('plan');
  if (file === undefined) {
    if (names.length === 0) throw usageError('Which topics?');
    return planned(admin, names, flags);
  }
  if (names.length > 0 || flags.list('brokers').length > 0 || flags.text('replicationFactor') !== undefined)
    throw usageError('--plan says itself what moves where; give nothing else with it.');
  const wanted = planIn(file);
  const current = await currentOf(admin, [...new Set(wanted.map(({ topic }) => topic))]);
  return wanted.map((each) => {
    const now = current.find((one) => partitionText(one) === partitionText(each));
    if (now === undefined) throw usageError(`${file}: there is no partition ${partitionText(each)}.`);
    return { ...each, from: now.replicas };
  });
}

async function planned(admin: Admin, names: readonly string[], flags: Flags): Promise<Placement[]> {
  const factor = wholeNumber(flags, 'replicationFactor', '-r', 1);
  const { brokers } = await admin.describeCluster();
  const ids = wholeNumbers(flags, 'brokers', '--brokers', 0);
  const allowed = ids.length === 0 ? undefined : ids;
  const missing = allowed?.filter((id) => brokers.every(({ nodeId }) => nodeId !== id)) ?? [];
  if (missing.length > 0) {
    const there = brokers.map(({ nodeId }) => nodeId).join(', ');
    throw usageError(`--brokers: ${missing.join(', ')} not there; these are: ${there}.`);
  }
  const used = brokers.filter(({ nodeId }) => allowed?.includes(nodeId) ?? true);
  if (factor !== undefined && factor > used.length) {
    const count = used.length === 1 ? 'there is one broker' : `there are ${used.length} brokers`;
    throw usageError(`-r ${factor}: ${count} to lie on, and a broker keeps one replica of a partition.`);
  }
  return planReplicas(await currentOf(admin, names), used, factor);
}

async function currentOf(admin: Admin, topics: readonly string[]): Promise<PlannedPartition[]> {
  const places = await partitionsOf(admin, topics);
  const described = await admin.describeTopics([...new Set(places.map(({ topic }) => topic))]);
  return places.map(({ topic, partition }) => {
    const found = described.find(({ name }) => name === topic)?.partitions;
    return { topic, partition, replicas: found?.find(({ index }) => index === partition)?.replicas ?? [] };
  });
}

function planIn(file: string): PlannedPartition[] {
  try {
    return parsePlan(readFileSync(file, 'utf8'));
  } catch (error) {
    throw usageError(`${file} is no plan: ${messageOf(error)}.`);
  }
}

const added = ({ from, replicas }: Placement): number[] => replicas.filter((id) => !from.includes(id));

function rowOf(placement: Placement) {
  const { topic, partition, from, replicas: to } = placement;
  return {
    topic,
    partition,
    from,
    to,
    adding: added(placement),
    removing: from.filter((id) => !to.includes(id)),
  };
}
