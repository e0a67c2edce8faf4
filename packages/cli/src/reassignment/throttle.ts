// Limits what moving partitions may take of the network, and takes the limits away again: rates of the brokers concerned, and
// of each topic which replicas they hold for (KIP-73). Left behind, they would hold back ordinary replication too.

import type { Admin } from '@klamm/client/admin/admin';
import type { Placement } from './plan.ts';

const RATES = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const;
const LEADERS = 'leader.replication.throttled.replicas';
const FOLLOWERS = 'follower.replication.throttled.replicas';

/** @param bytesPerSecond of each broker, in and out */
export async function throttle(
  admin: Admin,
  placements: readonly Placement[],
  bytesPerSecond: number,
): Promise<void> {
  const texts = (topic: string, of: (placement: Placement) => readonly number[]): string =>
    placements
      .filter((each) => each.topic === topic)
      .flatMap((each) => of(each).map((id) => `${each.partition}:${id}`))
      .join(',');
  for (const topic of topicsOf(placements)) {
    await admin.alterConfigs(
      { topic },
      {
        [LEADERS]: texts(topic, ({ from }) => from),
        [FOLLOWERS]: texts(topic, ({ from, replicas }) => replicas.filter((id) => !from.includes(id))),
      },
    );
  }
  for (const broker of brokersOf(placements)) {
    await admin.alterConfigs({ broker }, Object.fromEntries(RATES.map((rate) => [rate, bytesPerSecond])));
  }
}

/** Takes away the limits of these topics and brokers, where there are any. */
export async function unthrottle(
  admin: Admin,
  topics: readonly string[],
  brokers: readonly number[],
): Promise<void> {
  const resources = [...topics.map((topic) => ({ topic })), ...brokers.map((broker) => ({ broker }))];
  for (const resource of resources) {
    const names = 'topic' in resource ? [LEADERS, FOLLOWERS] : RATES;
    const entries = await admin.describeConfigs(resource, names);
    const set = entries.filter(({ source }) => source === 'topic' || source === 'dynamicBroker');
    if (set.length > 0)
      await admin.alterConfigs(resource, Object.fromEntries(set.map(({ name }) => [name, null])));
  }
}

const topicsOf = (placements: readonly Placement[]): string[] => [
  ...new Set(placements.map(({ topic }) => topic)),
];

const brokersOf = (placements: readonly Placement[]): number[] => [
  ...new Set(placements.flatMap(({ from, replicas }) => [...from, ...replicas])),
];
