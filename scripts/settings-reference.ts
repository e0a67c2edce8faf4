// docs/configuration.md: what settings there are and where they come from, with a table of each kind written from the
// tables in packages/broker/src/config that everything else goes by. scripts/tidy.ts says when it is stale.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigRow, ConfigTable } from '../packages/base/src/config.ts';
import { brokerTables } from '../packages/broker/src/config/broker.ts';
import { clientMetricsConfigs } from '../packages/broker/src/config/client-metrics.ts';
import { groupResourceConfigs } from '../packages/broker/src/config/group.ts';
import { topicConfigs } from '../packages/broker/src/config/topic.ts';
import { clientTables } from '../packages/client/src/properties/client-configs.ts';

const PATH = 'docs/configuration.md';

const HEADER = `# Settings

<!-- Written by \`npm run tidy -- --fix\` from packages/broker/src/config and scripts/settings-reference.ts: edit those. -->

The broker takes Apache Kafka's own settings, by their names, with their types, defaults and limits: every broker setting of Apache
Kafka 4.3 is below. Those without effect are accepted, checked, shown and kept, and named in one line at start. A wrong value is
named with its key, its source (file and line, or variable) and what is allowed, all problems at once; an unknown key with the
nearest known one. A secret is never shown: not in a message, not by \`DescribeConfigs\`.

## Where they come from

In this order; the first that names a setting wins:

1. what was altered while the broker ran, by \`kafka-configs.sh\` or any admin client: for this broker, then for all of them. It is kept
   in the metadata log, secrets too, as Apache Kafka keeps it; a data directory that Klamm makes is its owner's only (0700);
2. flags of \`klamm start\`: \`--listeners\`, \`--port\`, and \`--set key=value\` for all others;
3. a \`server.properties\` file: \`klamm start -c FILE\`;
4. environment variables: \`KAFKA_*\`, as the image apache/kafka takes them, and \`KAFKA_CFG_*\`, as bitnami/kafka did. \`_\` stands for a
   dot, \`__\` for an underscore, \`___\` for a dash: \`KAFKA_LISTENER_NAME_EXTERNAL_PLAIN_SASL_JAAS_CONFIG\`.

In code: \`startBroker({ config: { 'num.partitions': 3 } })\`; TypeScript knows the names and the types.

A setting of TLS or logins may be given for one listener, \`listener.name.external.ssl.keystore.location\`, and one of logins for one
mechanism of it, \`listener.name.external.plain.sasl.jaas.config\`: names of listeners and mechanisms are in small letters there. It
holds before the plain one.

### Variables of the images

| variable | stands for |
| --- | --- |
| \`KAFKA_CLIENT_USERS\`, \`KAFKA_CLIENT_PASSWORDS\` | users, and as many passwords, with commas between: for PLAIN on each listener that asks for a login, and for SCRAM, where it is enabled, in a new data directory |
| \`KAFKA_INTER_BROKER_USER\`, \`KAFKA_INTER_BROKER_PASSWORD\` | one more user, on the listener that \`inter.broker.listener.name\` names |
| \`KAFKA_KRAFT_CLUSTER_ID\`, \`CLUSTER_ID\` | \`cluster.id\`; the second where other settings are given by variables too |
| \`ALLOW_PLAINTEXT_LISTENER=yes\` | \`klamm.allow.remote.plaintext=true\` |
| \`KAFKA_TLS_TYPE\` | \`ssl.keystore.type\`, \`ssl.truststore.type\` |
| \`KAFKA_TLS_CLIENT_AUTH\`, \`KAFKA_TLS_EXTERNAL_CLIENT_AUTH\` | \`ssl.client.auth\`, for all listeners or for EXTERNAL |
| \`KAFKA_TLS_TRUSTSTORE_FILE\` | \`ssl.truststore.location\` |
| \`KAFKA_CERTIFICATE_PASSWORD\` | \`ssl.keystore.password\`, \`ssl.key.password\`, \`ssl.truststore.password\` |
| \`KAFKA_SSL_KEYSTORE_FILENAME\`, \`KAFKA_SSL_KEYSTORE_CREDENTIALS\`, … | files in \`/etc/kafka/secrets\`: the store, and its password |
| \`KAFKA_OPTS=-Djava.security.auth.login.config=FILE\` | \`sasl.jaas.config\` of each listener and mechanism, from \`KafkaServer\` in that file |
| any of these, and any secret, with \`_FILE\` behind | the file that holds the value: \`KAFKA_CFG_SSL_KEYSTORE_PASSWORD_FILE\` |
| \`KAFKA_HEAP_OPTS\`, \`KAFKA_ENABLE_KRAFT\`, … | nothing: they are known, and named once at start |

Other variables that begin with \`KAFKA_\` are left alone; one that is nearly a setting's is remarked on.

### One node

\`process.roles\`, \`controller.quorum.voters\` and a CONTROLLER listener may stay in a file: Klamm is broker and controller in one, and
needs none of them. Where \`controller.quorum.voters\` names more nodes, it says that it runs by itself. \`broker.id\` is \`node.id\`.
A \`cluster.id\` that is not 22 characters of URL-safe base64 is taken, as Apache Kafka 4 takes it, and remarked on.

## Altering them while the broker runs

\`\`\`sh
kafka-configs.sh --bootstrap-server localhost:9092 --entity-type brokers --entity-default --alter --add-config log.retention.ms=3600000
\`\`\`

Those marked **all** may be altered for all brokers or for one, those marked **one** for one broker only, and what has a prefix for one
listener. Key stores are altered for a listener only. What cannot be right is refused before it is kept: a value beyond its limits, a
login that lets nobody in, a key store that cannot be read. It is in force at once. Topics, groups and subscriptions to client metrics
have settings of their own, which are altered in the same way.

## What differs from Apache Kafka

- \`group.initial.rebalance.delay.ms\` is 0, as in Kafka's sample configuration and images, and not 3,000.
- \`listeners\` is \`PLAINTEXT://127.0.0.1:9092\`: no other machine is let in unasked. It cannot be altered while the broker runs.
- \`node.id\` is 1 unless it is given.
- A setting that nobody knows is refused; Apache Kafka takes it and does nothing.
- There are no \`config.providers\`; secrets come from files by variables that end in \`_FILE\`.`;

const CLIENTS =
  "A `client.properties` of Java's clients is taken by the command line (`--command-config FILE`, `klamm profile import NAME FILE`). What " +
  'of it becomes which option of the client is told below; most of what producers and consumers have are options in code. Names of ' +
  'librdkafka are taken too, where they differ.';

function limitsOf(row: ConfigRow): string {
  if (row.oneOf !== undefined) return row.oneOf.map((word) => `\`${word}\``).join(', ');
  const { min, max, also } = row;
  const range =
    min === undefined
      ? max === undefined
        ? ''
        : `at most ${max}`
      : max === undefined
        ? `at least ${min}`
        : `${min} to ${max}`;
  return also === undefined || range === '' ? range : `${range}, or ${also}`;
}

const ALTERED = { 'cluster-wide': 'all', 'per-broker': 'one' } as const;

function rowOf(name: string, row: ConfigRow): string {
  const value = row.default === null ? '' : row.default === '' ? 'empty' : `\`${row.default}\``;
  const altered = row.dynamic === undefined ? '' : ALTERED[row.dynamic];
  return `| \`${name}\` | ${row.type} | ${value} | ${limitsOf(row)} | ${altered} | ${row.doc.replace(/\|/g, '\\|')} |`;
}

const HEADS = '| setting | type | default | allowed | altered | |\n| --- | --- | --- | --- | --- | --- |';

/** A table of the rows that Klamm acts on, and one of those that it does not. */
function tables(table: ConfigTable): string[] {
  const rows = Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));
  const acted = rows.filter(([, row]) => row.inert !== true);
  const inert = rows.filter(([, row]) => row.inert === true);
  const told = (part: readonly [string, ConfigRow][]): string =>
    [HEADS, ...part.map(([name, row]) => rowOf(name, row))].join('\n');
  return [
    ...(acted.length === 0 ? [] : [told(acted)]),
    ...(inert.length === 0 ? [] : ['Known, and without effect:', told(inert)]),
  ];
}

/** What docs/configuration.md has to say. */
export function settingsText(): string {
  return `${[
    HEADER,
    '## Settings of the broker',
    ...Object.entries(brokerTables).flatMap(([subject, table]) => [`### ${subject}`, ...tables(table)]),
    '## Settings of a topic',
    'Where a topic has no value of its own, that of the broker holds: `retention.ms` is `log.retention.ms` there.',
    ...tables(topicConfigs),
    '## Settings of a group',
    'Where a group has no value of its own, that of the broker holds: `consumer.session.timeout.ms` is `group.consumer.session.timeout.ms` there. Its least and most are settings of the broker too.',
    ...tables(groupResourceConfigs),
    '## Settings of a subscription to client metrics',
    ...tables(clientMetricsConfigs),
    '## Properties of a client',
    CLIENTS,
    ...Object.entries(clientTables).flatMap(([subject, table]) => [`### ${subject}`, ...tables(table)]),
  ].join('\n\n')}\n`;
}

/** The path of docs/configuration.md where it does not say what the tables say. */
export function staleSettings(root: string): string[] {
  let text = '';
  try {
    text = readFileSync(join(root, PATH), 'utf8');
  } catch {
    // It is not there yet.
  }
  return text === settingsText() ? [] : [PATH];
}

export function writeSettings(root: string): string[] {
  const stale = staleSettings(root);
  if (stale.length > 0) writeFileSync(join(root, PATH), settingsText());
  return stale;
}
