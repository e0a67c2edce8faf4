// `klamm topic config` and `klamm topic alter`: the settings of one topic.

import { nearest } from '@klamm/base/config';
import type { CommandRun } from '../command.ts';
import { splitPair } from '../globals.ts';
import { topicNames, unknownTopic } from '../topics.ts';
import { usageError } from '../usage-error.ts';

export const topicConfig: CommandRun = async (context, [name], flags) => {
  const topic = String(name);
  await using admin = (await context.kafka()).admin();
  const known = await topicNames(admin);
  if (!known.includes(topic)) throw unknownTopic(topic, known);
  const entries = await admin.describeConfigs({ topic });
  const rows = entries
    .filter(({ source }) => flags.on('all') || source === 'topic')
    .map(({ name: setting, value, source, documentation }) => ({ setting, value, source, documentation }));
  const columns = [
    { key: 'setting', title: 'SETTING' },
    { key: 'value', title: 'VALUE' },
    { key: 'source', title: 'SET BY' },
    { key: 'documentation', title: 'MEANING', isWide: true },
  ];
  await context.rows(columns, rows, `Every setting of ${topic} is at its default; --all shows them.`);
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
  for (const key of Object.keys(changes)) {
    if (settings.includes(key)) continue;
    const near = nearest(key, settings);
    throw usageError(
      `${key}: a topic has no such setting.${near === undefined ? '' : ` Did you mean ${near}?`}`,
    );
  }
  await admin.alterConfigs({ topic }, changes, { validateOnly: dryRun });
  for (const [key, value] of Object.entries(changes)) {
    const now = value === null ? `${key} back to its default` : `${key}=${value}`;
    context.say(dryRun ? `${topic}: ${now} is possible.` : `${topic}: ${now}`);
  }
};
