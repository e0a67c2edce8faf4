// `klamm topic config` and `klamm topic alter`: the settings of one topic.

import type { CommandRun } from '../command.ts';
import { splitPair } from '../globals.ts';
import { checkChanges, sayChanges, showSettings } from '../setting-changes.ts';
import { topicNames, unknownTopic } from '../topics.ts';
import { usageError } from '../usage-error.ts';

export const topicConfig: CommandRun = async (context, [name], flags) => {
  const topic = String(name);
  await using admin = (await context.kafka()).admin();
  const known = await topicNames(admin);
  if (!known.includes(topic)) throw unknownTopic(topic, known);
  const entries = await admin.describeConfigs({ topic });
  const shown = entries.filter(({ source }) => flags.on('all') || source === 'topic');
  await showSettings(context, shown, `Every setting of ${topic} is at its default; --all shows them.`);
};

export const alterTopic: CommandRun = async (context, [name], flags) => {
  const topic = String(name);
  const changes: Record<string, string | null> = {};
  for (const text of flags.list('set')) {
    const { key, value } = splitPair('--set', text);
    changes[key] = value;
  }
  for (const key of flags.list('unset')) {
    if (key in changes) throw usageError(`${key} is both set and unset.`);
    changes[key] = null;
  }
  if (Object.keys(changes).length === 0)
    throw usageError('Say what to change: --set key=value or --unset key.');
  const { dryRun } = context.globals;
  await using admin = (await context.kafka()).admin();
  const known = await topicNames(admin);
  if (!known.includes(topic)) throw unknownTopic(topic, known);
  const settings = (await admin.describeConfigs({ topic })).map((entry) => entry.name);
  checkChanges(changes, settings, 'a topic');
  await admin.alterConfigs({ topic }, changes, { validateOnly: dryRun });
  sayChanges(context, topic, changes);
};
