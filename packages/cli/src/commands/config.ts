// `klamm config`: settings that are changed while brokers run (IncrementalAlterConfigs), whosever they are.

import type { Admin } from '@klamm/client/admin/admin';
import type { ConfigEntry, ConfigResource } from '@klamm/client/admin/configs';
import type { CommandRun, Flags } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import type { CommandContext } from '../context.ts';
import { splitPair } from '../globals.ts';
import { secretOfFile } from '../secret.ts';
import { checkChanges, type SettingChanges, sayChanges, showSettings } from '../setting-changes.ts';
import { namesOf } from '../several.ts';
import { topicNames, unknownTopic } from '../topics.ts';
import { usageError } from '../usage-error.ts';

/** Settings of one listener have its name in front, and are in no list. */
const OF_A_LISTENER = /^listener\.name\./;
const OWN_SOURCES: readonly string[] = ['topic', 'group', 'clientMetrics'];
const KINDS = ['broker', 'brokers', 'topic', 'group', 'clientMetrics'] as const;

export const showConfig: CommandRun = async (context, _parameters, flags) => {
  const resource = resourceIn(flags);
  await using admin = (await context.kafka()).admin();
  await requireResource(admin, resource);
  const entries = await admin.describeConfigs(resource);
  const shown = entries.filter(({ source }) => flags.on('all') || isOwn(source, resource));
  await showSettings(context, shown, `Nothing is set ${whereOf(resource)}; --all shows the defaults.`);
};

export const setConfig: CommandRun = async (context, [pairs], flags) => {
  const changes: Record<string, string> = {};
  for (const text of namesOf(pairs)) {
    const { key, value } = splitPair('', text);
    if (key in changes) throw usageError(`${key} is set twice.`);
    changes[key] = value.startsWith('@') ? secretOfFile(value.slice(1), key) : value;
  }
  await change(context, resourceIn(flags), changes);
};

export const unsetConfig: CommandRun = async (context, [keys], flags) => {
  const resource = resourceIn(flags);
  const names = namesOf(keys);
  if (!context.globals.dryRun) {
    const isSure = await isConfirmed(context, `Unset ${names.join(', ')} ${whereOf(resource)}?`);
    if (!isSure) return;
  }
  await change(context, resource, Object.fromEntries(names.map((name) => [name, null])));
};

async function change(
  context: CommandContext,
  resource: ConfigResource,
  changes: SettingChanges,
): Promise<void> {
  await using admin = (await context.kafka()).admin();
  await requireResource(admin, resource);
  const entries = await settable(admin, resource);
  const listed = Object.fromEntries(Object.entries(changes).filter(([key]) => !OF_A_LISTENER.test(key)));
  checkChanges(
    listed,
    entries.map(({ name }) => name),
    kindOf(resource),
  );
  await admin.alterConfigs(resource, changes, { validateOnly: context.globals.dryRun });
  const secrets = new Set(Object.keys(changes).filter((key) => isSecret(key, entries)));
  sayChanges(context, nameOf(resource), changes, secrets);
}

/** What all brokers share lists only what was set; what there is, any broker tells. */
async function settable(admin: Admin, resource: ConfigResource): Promise<ConfigEntry[]> {
  if (!('broker' in resource) || resource.broker !== '') return admin.describeConfigs(resource);
  const { brokers } = await admin.describeCluster();
  const [first] = brokers;
  return first === undefined ? [] : admin.describeConfigs({ broker: first.nodeId });
}

/** Of a listener's settings the last words count: `listener.name.x.ssl.keystore.password`. */
function isSecret(key: string, entries: readonly ConfigEntry[]): boolean {
  return entries.some(({ name, isSensitive }) => isSensitive && (key === name || key.endsWith(`.${name}`)));
}

async function requireResource(admin: Admin, resource: ConfigResource): Promise<void> {
  if ('topic' in resource) {
    const known = await topicNames(admin);
    if (!known.includes(resource.topic)) throw unknownTopic(resource.topic, known);
  }
  if ('broker' in resource && resource.broker !== '') {
    const ids = (await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId);
    if (!ids.includes(resource.broker))
      throw usageError(`There is no broker ${resource.broker}; there is ${ids.join(', ')}.`);
  }
}

function resourceIn(flags: Flags): ConfigResource {
  const given = KINDS.filter((kind) => flags.on(kind) || flags.text(kind) !== undefined);
  const [kind] = given;
  if (kind === undefined || given.length > 1)
    throw usageError(
      'Whose settings? Give one of --broker, --brokers, --topic, --group and --client-metrics.',
    );
  const name = flags.text(kind) ?? '';
  if (kind === 'brokers') return { broker: '' };
  if (name === '') throw usageError('Whose settings? The name is empty.');
  if (kind === 'topic') return { topic: name };
  if (kind === 'group') return { group: name };
  if (kind === 'clientMetrics') return { clientMetrics: name };
  if (!/^\d{1,9}$/.test(name)) throw usageError(`--broker ${name}: the number of a broker is needed.`);
  return { broker: Number(name) };
}

/** Whether it was set for the resource, or stands in a broker's settings, rather than for whatever has none of its own. */
function isOwn(source: ConfigEntry['source'], resource: ConfigResource): boolean {
  return 'broker' in resource ? source !== 'default' : OWN_SOURCES.includes(source);
}

function nameOf(resource: ConfigResource): string {
  if ('topic' in resource) return resource.topic;
  if ('group' in resource) return resource.group;
  if ('clientMetrics' in resource) return resource.clientMetrics;
  return resource.broker === '' ? 'all brokers' : `broker ${resource.broker}`;
}

function kindOf(resource: ConfigResource): string {
  if ('topic' in resource) return 'a topic';
  if ('group' in resource) return 'a group';
  return 'broker' in resource ? 'a broker' : 'a subscription';
}

const whereOf = (resource: ConfigResource): string => `for ${nameOf(resource)}`;
