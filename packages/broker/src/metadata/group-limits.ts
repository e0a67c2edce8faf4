// The limits that brokers set to the settings of groups (GroupConfig.validate of Apache Kafka 4.3).

/** A group's setting, and the broker settings that say the least and the most it may be. */
const LIMITED: readonly (readonly [name: string, min: string | null, max: string])[] = [
  ...['consumer', 'share', 'streams'].flatMap((kind) =>
    ['heartbeat.interval.ms', 'session.timeout.ms', 'assignment.interval.ms'].map(
      (name) => [`${kind}.${name}`, `group.${kind}.min.${name}`, `group.${kind}.max.${name}`] as const,
    ),
  ),
  ...['record.lock.duration.ms', 'delivery.count.limit', 'partition.max.record.locks'].map(
    (name) => [`share.${name}`, `group.share.min.${name}`, `group.share.max.${name}`] as const,
  ),
  ['streams.num.standby.replicas', null, 'group.streams.max.standby.replicas'],
];

type Lookup = (name: string) => string | null;

/** What is wrong with the settings of a group of which `changed` were altered, by `broker`'s; null where nothing is. */
export function groupLimitProblem(group: Lookup, broker: Lookup, changed: readonly string[]): string | null {
  for (const [name, min, max] of LIMITED) {
    if (!changed.includes(name)) continue;
    const value = Number(group(name));
    if (min !== null && value < Number(broker(min)))
      return `${name} must be at least ${broker(min)} (${min}).`;
    if (value > Number(broker(max))) return `${name} must be at most ${broker(max)} (${max}).`;
  }
  for (const kind of ['consumer', 'share', 'streams']) {
    const session = `${kind}.session.timeout.ms`;
    const heartbeat = `${kind}.heartbeat.interval.ms`;
    if (Number(group(session)) <= Number(group(heartbeat)))
      return `${session} must be more than ${heartbeat}.`;
  }
  return null;
}
