// Everything that a client can see in a cluster of one node, to be held against what it sees of another broker on the same
// files: records, offsets, groups, transactions, producers, access, settings.

import { createHash } from 'node:crypto';
import type { Admin } from '@klamm/client/admin/admin';
import type { ConfigResource } from '@klamm/client/admin/configs';
import type { Kafka } from '@klamm/client/client';
import { until } from './until.ts';

/** Less than producer.id.expiration.ms. */
const PRODUCERS_MS = 12 * 3_600_000;

/** What of it there is only when a coordinator has read its log; a broker that has just started tells of less. */
interface Counts {
  readonly groups: number;
  readonly transactions: number;
}

export type Contents = Readonly<Record<string, unknown>>;

/** `expected`: how much of what is loaded late there is at the least; nothing else is waited for. */
export async function contentsOf(
  kafka: Kafka,
  expected: Counts = { groups: 0, transactions: 0 },
): Promise<Contents> {
  await using admin = kafka.admin();
  const topics = await admin.listTopics({ internal: true });
  const contents: Record<string, unknown> = {};
  for (const topic of topics) {
    contents[`topic ${topic.name}`] = {
      id: topic.id,
      partitions: topic.partitions.length,
      configs: await givenConfigs(admin, { topic: topic.name }, 'topic'),
    };
    if (topic.isInternal) continue;
    await readTopic(kafka, admin, topic.name, topic.partitions.length, contents);
  }
  Object.assign(contents, await groupsOf(admin, expected.groups));
  Object.assign(contents, await transactionsOf(admin, expected.transactions));
  contents.acls = sorted(await admin.describeAcls());
  contents.users = sorted(await admin.describeUsers());
  contents.quotas = sorted(await admin.describeQuotas());
  const tokens = await admin.describeTokens();
  contents.tokens = sorted(tokens.map(({ hmac, ...token }) => ({ ...token, hmac: hmac.toString('hex') })));
  contents['settings of brokers'] = await givenConfigs(admin, { broker: '' }, 'dynamicDefaultBroker');
  contents['settings of broker 1'] = await givenConfigs(admin, { broker: 1 }, 'dynamicBroker');
  return contents;
}

export const countsOf = (contents: Contents): Counts => ({
  groups: Object.keys(contents).filter((key) => key.startsWith('group ')).length,
  transactions: Object.keys(contents).filter((key) => key.startsWith('transaction ')).length,
});

async function readTopic(
  kafka: Kafka,
  admin: Admin,
  topic: string,
  partitions: number,
  contents: Record<string, unknown>,
): Promise<void> {
  const configs = await admin.describeConfigs({ topic }, ['cleanup.policy']);
  const isCompacted = configs[0]?.value === 'compact';
  const earliest = await admin.listOffsets(topic, 'earliest');
  // How many old values of a key are left is the cleaner's business.
  if (!isCompacted) contents[`earliest of ${topic}`] = sorted(earliest);
  const latest = await admin.listOffsets(topic, 'latest');
  contents[`latest of ${topic}`] = sorted(latest);
  const stable = await admin.listOffsets(topic, 'latest', { readCommitted: true });
  // Where the log begins within a batch, and an open transaction before that, Apache Kafka tells where the batch begins.
  const reached = [...stable].map(([index, offset]) => [index, Math.max(offset, earliest.get(index) ?? 0)]);
  contents[`stable end of ${topic}`] = sorted(reached);
  for (const readCommitted of [false, true]) {
    const records = new Map<string, string>();
    for await (const message of kafka.consume({ topic, from: 'earliest', toEnd: true, readCommitted })) {
      const { partition, offset, timestamp, key, value, headers } = message;
      const text = JSON.stringify([
        offset,
        timestamp,
        key?.toString('latin1') ?? null,
        value?.toString('latin1') ?? null,
        headers.map((header) => [header.key, header.value?.toString('latin1') ?? null]),
      ]);
      records.set(isCompacted ? `${partition} ${key?.toString('latin1')}` : `${partition} ${offset}`, text);
    }
    const lines = [...records].map(([place, text]) => `${place} ${text}`).sort();
    const digest = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
    contents[`records of ${topic}${readCommitted ? ', committed' : ''}`] = `${lines.length} ${digest}`;
  }
  const places = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const producers = await admin.describeProducers(places);
  // When it starts, Apache Kafka forgets those whose records are old, and all where nothing is left of a log
  // (ProducerStateManager.truncateAndReload).
  const since = Date.now() - PRODUCERS_MS;
  const known = producers
    .filter(({ partition }) => earliest.get(partition) !== latest.get(partition))
    .map(({ producers: all, ...place }) => ({
      ...place,
      producers: all.filter(({ lastTimestamp }) => (lastTimestamp ?? 0) > since),
    }));
  contents[`producers of ${topic}`] = sorted(known);
}

async function groupsOf(admin: Admin, expected: number): Promise<Record<string, unknown>> {
  const groups = await until(
    () => admin.listGroups(),
    (found) => found.length >= expected && found.every(({ state }) => state === 'Empty'),
  );
  const found: Record<string, unknown> = {};
  for (const { groupId, type, protocolType } of groups) {
    found[`group ${groupId}`] = {
      type,
      protocolType,
      offsets: await admin.groupOffsets(groupId),
      configs: await givenConfigs(admin, { group: groupId }, 'group'),
    };
  }
  return found;
}

async function transactionsOf(admin: Admin, expected: number): Promise<Record<string, unknown>> {
  const listed = await until(
    () => admin.listTransactions(),
    (found) => found.length >= expected && found.every(({ state }) => !state.startsWith('Prepare')),
  );
  const described = await admin.describeTransactions(listed.map(({ transactionalId }) => transactionalId));
  return Object.fromEntries(
    [...described].map(([id, description]) => [`transaction ${id}`, description] as const),
  );
}

async function givenConfigs(admin: Admin, resource: ConfigResource, source: string): Promise<unknown> {
  const configs = await admin.describeConfigs(resource);
  return sorted(
    configs.filter((config) => config.source === source).map(({ name, value }) => `${name}=${value}`),
  );
}

/** As text, in an order that says nothing; so it is with the fields of objects. */
function sorted(values: Iterable<unknown>): string[] {
  return Array.from(values, (value) => JSON.stringify(inOrder(value))).sort();
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, inOrder(field)]));
}
