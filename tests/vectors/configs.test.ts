// The tables of settings against what Apache Kafka 4.3.1's own classes say (configs.json.gz: of each setting its type,
// default and validator, how brokers may alter it, and what a group's falls back to). Where Klamm differs it is said here.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { ConfigRow, ConfigTable } from '@klamm/base/config';
import { brokerConfigs } from '@klamm/broker/config/broker';
import { clientMetricsConfigs } from '@klamm/broker/config/client-metrics';
import { type GroupConfigName, groupResourceConfigs, groupSynonym } from '@klamm/broker/config/group';
import { topicConfigs } from '@klamm/broker/config/topic';
import { clientTables, meantProperty } from '@klamm/client/properties/client-configs';
import { CLIENT_PROPERTIES } from '@klamm/client/security/client-properties';

interface Fact {
  readonly type: string;
  readonly default?: string;
  readonly valid?: string;
}

type Facts = Readonly<Record<string, Fact>>;

const facts = JSON.parse(
  gunzipSync(readFileSync(new URL('configs.json.gz', import.meta.url))).toString(),
) as {
  readonly [kind in
    | 'broker'
    | 'topic'
    | 'group'
    | 'clientMetrics'
    | 'producer'
    | 'consumer'
    | 'admin']: Facts;
} & {
  readonly dynamic: Readonly<Record<string, string>>;
  readonly groupSynonyms: Readonly<Record<string, string>>;
};

/** Settings of Klamm's own, and those of Kafka's that are none of its broker's ConfigDef: an authorizer's, and quotas. */
const NOT_OF_KAFKA = [
  'allow.everyone.if.no.acl.found',
  'cluster.id',
  'flush.policy',
  'follower.replication.throttled.rate',
  'klamm.allow.remote.plaintext',
  'klamm.scram.users',
  'leader.replication.throttled.rate',
  'replica.alter.log.dirs.io.max.bytes.per.second',
  'super.users',
];

/** Defaults that differ: what Kafka's images and sample configuration set, and no address beyond this machine. */
const OTHER_DEFAULTS: Readonly<Record<string, string>> = {
  'group.initial.rebalance.delay.ms': '0',
  listeners: 'PLAINTEXT://127.0.0.1:9092',
  'node.id': '1',
};

/** Listeners are opened when the broker starts, and not while it runs. */
const NOT_DYNAMIC = ['listener.security.protocol.map', 'listeners'];

/** Limits that are wider or narrower on purpose. */
const OTHER_LIMITS: readonly string[] = ['remote.log.storage.system.enable', 'remote.storage.enable'];

/** Where the three kinds of clients have other defaults, the table has the consumer's. */
const clientFacts: Facts = { ...facts.producer, ...facts.admin, ...facts.consumer };
const clientConfigs = Object.assign({}, ...Object.values(clientTables)) as ConfigTable;

const KINDS: readonly [string, ConfigTable, Facts][] = [
  ['broker', brokerConfigs, facts.broker],
  ['topic', topicConfigs, facts.topic],
  ['group', groupResourceConfigs, facts.group],
  ['client metrics', clientMetricsConfigs, facts.clientMetrics],
  ['client', clientConfigs, clientFacts],
];

for (const [kind, table, known] of KINDS) {
  test(`every ${kind} setting of Apache Kafka is there, and no other`, () => {
    const ours = Object.keys(table).filter((name) => kind !== 'broker' || !NOT_OF_KAFKA.includes(name));
    assert.deepEqual(ours.sort(), Object.keys(known).sort());
  });

  test(`types, defaults and limits of ${kind} settings are Apache Kafka's`, () => {
    for (const [name, fact] of Object.entries(known)) {
      const row = table[name];
      assert.ok(row);
      assert.equal(row.type, fact.type, name);
      assert.equal(row.default, OTHER_DEFAULTS[name] ?? classNames(fact.default), name);
      if (!OTHER_LIMITS.includes(name)) assert.deepEqual(limitsOf(row), limitsSaid(row, fact), name);
    }
  });
}

test('broker settings may be altered while it runs where Apache Kafka has it, for one broker or for all', () => {
  const rows = Object.entries<ConfigRow>(brokerConfigs);
  const ours = rows.flatMap(([name, { dynamic }]) => (dynamic === undefined ? [] : [[name, dynamic]]));
  const theirs = Object.entries(facts.dynamic).filter(([name]) => !NOT_DYNAMIC.includes(name));
  assert.deepEqual(Object.fromEntries(ours), Object.fromEntries(theirs));
});

test("a group's settings fall back to those of brokers that Apache Kafka names", () => {
  for (const name of Object.keys(groupResourceConfigs) as GroupConfigName[]) {
    assert.equal(groupSynonym(name), facts.groupSynonyms[name]);
  }
});

test('every setting is documented in a sentence of its own', () => {
  for (const [kind, table] of KINDS) {
    for (const [name, { doc }] of Object.entries(table)) assert.match(doc, /^.{8,}[.;]$/, `${kind} ${name}`);
  }
});

/** A class is told by its name. */
const classNames = (text: string | undefined): string | null =>
  text?.replace(/\bclass (?=org\.)/g, '') ?? null;

test('the properties of clients that are not marked inert are those that options are made of', () => {
  const acted = Object.keys(clientConfigs).filter((name) => clientConfigs[name]?.inert !== true);
  const known = CLIENT_PROPERTIES.filter((name) => Object.hasOwn(clientConfigs, name));
  assert.deepEqual(acted.sort(), [...known].sort());
});

test('a misspelt property of a client is told from one that means nothing here', () => {
  assert.equal(meantProperty('boostrap.servers'), 'bootstrap.servers');
  assert.equal(meantProperty('batch.size'), undefined);
  assert.equal(meantProperty('my.own.property'), undefined);
});

function limitsOf({ min, max, also, oneOf, nonEmpty }: ConfigRow): object {
  return {
    min,
    max,
    also,
    oneOf: oneOf && [...oneOf].map((word) => word.toLowerCase()).sort(),
    nonEmpty: nonEmpty ?? false,
  };
}

/** The limits that a validator of Kafka's names in words. Where it has none, the row's own may stand. */
function limitsSaid(row: ConfigRow, { valid = '' }: Fact): object {
  const range = /^\[(-?[\d.]+),\.\.\.(?:,(-?[\d.]+))?\]( or -1)?$/.exec(valid);
  if (range !== null) {
    const [, min, max, also] = range;
    return limitsOf({
      ...row,
      min: Number(min),
      ...(max === undefined ? {} : { max: Number(max) }),
      ...(also === undefined ? {} : { also: -1 }),
    });
  }
  const words = /^(?:\(case insensitive\) )?\[([A-Za-z0-9_, ]+)\]$/.exec(valid)?.[1];
  if (words !== undefined) return limitsOf({ ...row, oneOf: words.split(', ') });
  if (valid.startsWith('non-empty')) return limitsOf({ ...row, nonEmpty: true });
  return limitsOf(row);
}
