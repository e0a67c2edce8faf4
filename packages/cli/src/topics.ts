// Topics by name, for people: a name that there is not comes with the one that was probably meant.

import { nearest } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import type { Kafka } from '@klamm/client/client';
import type { CommandContext } from './context.ts';

/** Makes sure that the topic is there, creating it where that is asked for. Throws UNKNOWN_TOPIC_OR_PARTITION. */
export async function requireTopic(
  context: CommandContext,
  kafka: Kafka,
  name: string,
  create = false,
): Promise<void> {
  await using admin = kafka.admin();
  const names = await topicNames(admin);
  if (names.includes(name)) return;
  if (!create) throw unknownTopic(name, names);
  await admin.createTopic(name);
  context.say(`Created the topic ${name}.`);
}

export async function topicNames(admin: Admin): Promise<string[]> {
  return (await admin.listTopics({ internal: true })).map(({ name }) => name);
}

export function unknownTopic(name: string, names: readonly string[]): KlammError {
  const near = nearest(name, names);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return new KlammError(`There is no topic ${name}.${hint} Create it with: klamm topic create ${name}`, {
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
    retriable: false,
  });
}
