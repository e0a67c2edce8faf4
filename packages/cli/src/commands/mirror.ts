// `klamm mirror start` and `forget`.

import type { Mirror, MirrorOutcome } from '@klamm/mirror/mirror';
import type { CommandRun, Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { wholeNumber } from '../flag-values.ts';
import { loggerOf, mirrorEnds, mirrorName } from '../mirror-ends.ts';
import { startProgress } from '../output/progress.ts';
import type { Row } from '../output/rows.ts';
import { quotaValue } from '../quota-flags.ts';
import { namesOf } from '../several.ts';
import { usageError } from '../usage-error.ts';

const COLUMNS = [
  { key: 'topic', title: 'TOPIC' },
  { key: 'partition', title: 'PARTITION', isNumber: true },
  { key: 'state', title: 'STATE' },
  { key: 'copiedTo', title: 'COPIED TO', isNumber: true },
  { key: 'lag', title: 'LAG', isNumber: true },
  { key: 'offsets', title: 'OFFSETS' },
  { key: 'records', title: 'RECORDS', isNumber: true },
  { key: 'bytes', title: 'BYTES', isNumber: true },
  { key: 'fillers', title: 'FILLERS', isNumber: true, isWide: true },
  { key: 'error', title: 'ERROR', isWide: true },
];
const PLAN_COLUMNS = [
  { key: 'topic', title: 'TOPIC' },
  { key: 'partitions', title: 'PARTITIONS', isNumber: true },
  { key: 'action', title: 'ACTION' },
  { key: 'offsets', title: 'OFFSETS TO COPY', isNumber: true },
];
const MIB = 1024 * 1024;

export const startMirror: CommandRun = async (context, _parameters, flags) => {
  const { clock, interrupted } = context;
  const rate = flags.text('rate');
  const fillLimit = wholeNumber(flags, 'fillLimit', '--fill-limit', 0);
  const bytesPerSecond = rate === undefined ? undefined : quotaValue('producer_byte_rate', rate, 'rate');
  checkPatterns(flags);
  await using ends = await mirrorEnds(context, flags, true);
  if (context.globals.dryRun) {
    const { planMirror } = await import('@klamm/mirror/plan');
    const selection = { include: flags.list('topic'), exclude: flags.list('exclude') };
    const plans = await planMirror(ends, mirrorName(flags), selection);
    return context.rows(
      PLAN_COLUMNS,
      plans.map((plan) => ({ ...plan })),
      'There is no such topic.',
    );
  }
  const { Mirror } = await import('@klamm/mirror/mirror');
  const mirror = new Mirror(ends, {
    name: mirrorName(flags),
    topics: {
      include: flags.list('topic'),
      exclude: flags.list('exclude'),
      replicationFactor: wholeNumber(flags, 'replicationFactor', '--replication-factor', 1),
    },
    groups: { include: flags.list('group'), exclude: flags.list('excludeGroup') },
    access: !flags.off('access'),
    copy: {
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
      ...(fillLimit === undefined ? {} : { fillLimit }),
    },
    again: flags.on('again'),
    once: flags.on('once'),
    clock,
    logger: loggerOf(context),
    notice: (text) => context.say(text),
  });
  const from = clock.monotonic();
  const progress = startProgress(
    process.stderr,
    clock,
    progressLine(mirror, () => clock.monotonic()),
  );
  let outcome: MirrorOutcome;
  try {
    outcome = await mirror.run(interrupted);
  } finally {
    progress.end();
  }
  const seconds = (clock.monotonic() - from) / 1000;
  if (outcome.failures.length > 0) context.hasFailed = true;
  tellGroups(context, mirror);
  context.say(summary(mirror, outcome, seconds));
  await context.rows(COLUMNS, rowsOf(mirror), 'No topic was copied.');
};

export const forgetTopics: CommandRun = async (context, [topics], flags) => {
  await using ends = await mirrorEnds(context, flags);
  const { StateLog } = await import('@klamm/mirror/state-log');
  await using log = new StateLog(ends.target.kafka, mirrorName(flags));
  await log.refresh();
  for (const topic of namesOf(topics)) {
    if (!log.state.topics.has(topic)) context.fail(`The mirror has no topic "${topic}".`);
    else if (context.globals.dryRun) context.say(`${topic} would be forgotten.`);
    else {
      await log.write(...log.state.forgetRecords(topic));
      context.say(`${topic} is forgotten.`);
    }
  }
};

function checkPatterns(flags: Flags): void {
  for (const flag of ['topic', 'exclude', 'group', 'excludeGroup']) {
    for (const pattern of flags.list(flag)) {
      try {
        if (pattern.startsWith('^')) new RegExp(`^(?:${pattern})$`);
      } catch {
        throw usageError(`${pattern} is no regular expression.`);
      }
    }
  }
}

function progressLine(mirror: Mirror, now: () => number): () => string {
  let bytes = 0;
  let at = now();
  let shown = 0;
  return () => {
    const { partitions } = mirror;
    const all = partitions.reduce((sum, { copiedBytes }) => sum + copiedBytes, 0);
    const seconds = (now() - at) / 1000;
    if (seconds >= 1) {
      shown = (all - bytes) / seconds / MIB;
      bytes = all;
      at = now();
    }
    const behind = partitions.reduce((sum, { lag = 0 }) => sum + lag, 0);
    const resuming = partitions.filter(({ phase }) => phase === 'resuming').length;
    const waiting = resuming > 0 ? `, ${resuming} being resumed` : '';
    return `${partitions.length} partitions, ${behind} offsets behind, ${shown.toFixed(1)} MiB/s${waiting}`;
  };
}

function tellGroups(context: CommandContext, { groups, access }: Mirror): void {
  const refused = groups.filter((group) => group.refused !== null);
  for (const { groupId, refused: why } of refused) context.say(`The group ${groupId} was not moved: ${why}`);
  if (access === undefined) return;
  if (access.missingUsers.length > 0) {
    context.say(
      `These users need a password on the target, as nobody can read the one they have: ${access.missingUsers.join(', ')}.`,
    );
  }
  for (const note of access.notes) context.say(`Not copied: ${note}`);
}

function summary({ partitions, groups }: Mirror, { reason }: MirrorOutcome, seconds: number): string {
  const bytes = partitions.reduce((sum, { copiedBytes }) => sum + copiedBytes, 0);
  const behind = partitions.reduce((sum, { lag = 0 }) => sum + lag, 0);
  const why = { stopped: 'Stopped', cutOver: 'Cut over', copied: 'Everything is copied' }[reason];
  return `${why}: ${(bytes / MIB).toFixed(1)} MiB in ${seconds.toFixed(1)} s, ${behind} offsets behind, ${groups.length} groups.`;
}

function rowsOf({ partitions }: Mirror): Row[] {
  return [...partitions]
    .sort((a, b) => (a.topic === b.topic ? a.index - b.index : a.topic < b.topic ? -1 : 1))
    .map((partition) => ({
      topic: partition.topic,
      partition: partition.index,
      state: partition.phase,
      copiedTo: partition.copiedTo,
      lag: partition.lag ?? null,
      offsets: partition.map.isSame ? 'same' : 'mapped',
      records: partition.copiedRecords,
      bytes: partition.copiedBytes,
      fillers: partition.fillers,
      error: partition.error?.message ?? null,
    }));
}
