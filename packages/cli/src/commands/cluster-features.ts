// `klamm cluster features`, `klamm cluster upgrade` and `klamm cluster unregister`.

import type { FeatureUpdate } from '@klamm/client/admin/features';
import type { CommandRun } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import { splitPair } from '../globals.ts';
import { namesOf } from '../several.ts';
import { usageError } from '../usage-error.ts';

/** It changes how the quorum keeps its voters, and there is no way back: only by its name. */
const BY_NAME_ONLY = 'kraft.version';
const COLUMNS = [
  { key: 'feature', title: 'FEATURE' },
  { key: 'level', title: 'LEVEL', isNumber: true },
  { key: 'least', title: 'LEAST', isNumber: true },
  { key: 'most', title: 'MOST', isNumber: true },
];

export const features: CommandRun = async (context) => {
  await using admin = (await context.kafka()).admin();
  const rows = (await admin.describeFeatures()).map(({ name, level, supported }) => ({
    feature: name,
    level,
    least: supported?.min ?? null,
    most: supported?.max ?? null,
  }));
  await context.rows(COLUMNS, rows, 'The cluster tells of no features.');
};

export const upgrade: CommandRun = async (context, [wanted], flags) => {
  const downgrade = flags.text('down') as FeatureUpdate['downgrade'];
  const named = namesOf(wanted).map((text) => {
    const { key: name, value } = splitPair('feature', text);
    if (!/^\d+$/.test(value)) throw usageError(`${text}: a level is a whole number, as metadata.version=30.`);
    return { name, level: Number(value), ...(downgrade === undefined ? {} : { downgrade }) };
  });
  if (downgrade !== undefined && named.length === 0)
    throw usageError('Which feature is to go down, and to which level? As metadata.version=29.');
  await using admin = (await context.kafka()).admin();
  const known = await admin.describeFeatures();
  const updates =
    named.length > 0
      ? named
      : known.flatMap(({ name, level, supported }) =>
          supported === null || supported.max <= level || name === BY_NAME_ONLY
            ? []
            : [{ name, level: supported.max }],
        );
  if (updates.length === 0) return context.say('Every feature is at the newest level.');
  const text = updates
    .map(({ name, level }) => `${name} ${known.find((one) => one.name === name)?.level ?? 0} → ${level}`)
    .join(', ');
  await admin.updateFeatures(updates, { validateOnly: true });
  if (context.globals.dryRun) return context.say(`Possible: ${text}.`);
  const question = `${text}: brokers that do not know these levels cannot join any more, and most have no way back. Go on?`;
  if (!(await isConfirmed(context, question))) {
    context.hasFailed = true;
    return context.say('Nothing was changed.');
  }
  await admin.updateFeatures(updates);
  context.say(`Done: ${text}.`);
};

export const unregister: CommandRun = async (context, [broker]) => {
  if (!/^\d+$/.test(String(broker))) throw usageError(`${broker} is no node id.`);
  const brokerId = Number(broker);
  await using admin = (await context.kafka()).admin();
  const topics = await admin.listTopics({ internal: true });
  const kept = topics.flatMap(({ name, partitions }) =>
    partitions.some(({ replicas }) => replicas.includes(brokerId)) ? [name] : [],
  );
  const replicas =
    kept.length === 0
      ? ''
      : ` It has replicas of ${kept.join(', ')}; move them first (klamm topic reassign).`;
  if (context.globals.dryRun) return context.say(`The cluster would forget broker ${brokerId}.${replicas}`);
  if (!(await isConfirmed(context, `Have the cluster forget broker ${brokerId}?${replicas}`))) {
    context.hasFailed = true;
    return context.say('Nothing was changed.');
  }
  await admin.unregisterBroker(brokerId);
  context.say(`The cluster has forgotten broker ${brokerId}. It is known again if it is started again.`);
};
