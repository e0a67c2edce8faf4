// The settings of a mirrored topic: those of the source's topic, but for a few that would keep a batch from being taken
// as it is. Those are held back while copying, and set at the end.

import type { ConfigEntry } from '@klamm/client/admin/configs';

type Configs = Readonly<Record<string, string>>;

const LARGEST_INT64 = '9223372036854775807';

/** What a topic is set to while it is copied to. */
const WHILE_COPYING: Configs = {
  // LogAppendTime would set the time of the copy.
  'message.timestamp.type': 'CreateTime',
  // Records may be as old, or as far ahead, as they are.
  'message.timestamp.before.max.ms': LARGEST_INT64,
  'message.timestamp.after.max.ms': LARGEST_INT64,
  // Any other would compress anew.
  'compression.type': 'producer',
  // The source may have had a larger limit when it took a batch.
  'max.message.bytes': '2147483647',
};

/** A compacted topic, from whose beginning records can be deleted: see lead.ts. */
const COMPACTED: Configs = {
  'cleanup.policy': 'compact,delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
};

/** They name replicas of the source. */
const NEVER: ReadonlySet<string> = new Set([
  'leader.replication.throttled.replicas',
  'follower.replication.throttled.replicas',
]);
const MIN_ISR = 'min.insync.replicas';

/** What the topic itself is set to; what brokers are set to is their own. */
export function ownConfigs(entries: readonly ConfigEntry[]): Configs {
  return Object.fromEntries(
    entries.flatMap(({ name, value, source }) =>
      source === 'topic' && value !== null && !NEVER.has(name) ? [[name, value]] : [],
    ),
  );
}

/** @param replicas of the target's topic, which no minimum may exceed */
export function copyingConfigs(source: Configs, replicas: number): Configs {
  const policy = source['cleanup.policy'] === 'compact' ? COMPACTED : {};
  return { ...finalConfigs(source, replicas), ...policy, ...WHILE_COPYING };
}

export function finalConfigs(source: Configs, replicas: number): Configs {
  const minimum = Number(source[MIN_ISR] ?? 1);
  return minimum > replicas ? { ...source, [MIN_ISR]: String(replicas) } : source;
}

/** What to change so that a topic that has `current` has `wanted`; null takes a setting back to its default. */
export function changes(wanted: Configs, current: Configs): Record<string, string | null> {
  const changed: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(wanted)) if (current[name] !== value) changed[name] = value;
  for (const name of Object.keys(current)) if (wanted[name] === undefined) changed[name] = null;
  return changed;
}
