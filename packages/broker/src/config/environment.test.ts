import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { environmentSettings } from './environment.ts';
import { BrokerSettings, type SettingEntry } from './settings.ts';

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required';

const told = (entries: readonly SettingEntry[]): string[] =>
  entries.map(({ name, value, source }) => `${name}=${value} (${source})`);

function withFile(text: string, use: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-settings-'));
  try {
    const path = join(folder, 'file');
    writeFileSync(path, text);
    use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('variables of both images are settings; those of other programs are left alone', () => {
  const entries = environmentSettings({
    KAFKA_NUM_PARTITIONS: '3',
    KAFKA_CFG_LOG_RETENTION_MS: '1000',
    KAFKA_HOME: '/opt/kafka',
    KAFKA_TOPIC: 'orders',
    PATH: '/bin',
  });
  assert.deepEqual(told(entries), [
    'log.retention.ms=1000 (KAFKA_CFG_LOG_RETENTION_MS)',
    'num.partitions=3 (KAFKA_NUM_PARTITIONS)',
  ]);
});

const NAMES: [string, string][] = [
  ['KAFKA_LISTENER_NAME_SASL__SSL_PLAIN_SASL_JAAS_CONFIG', 'listener.name.sasl_ssl.plain.sasl.jaas.config'],
  [
    'KAFKA_CFG_LISTENER_NAME_SASL_SSL_PLAIN_SASL_JAAS_CONFIG',
    'listener.name.sasl_ssl.plain.sasl.jaas.config',
  ],
  [
    'KAFKA_LISTENER_NAME_EXT_SCRAM___SHA___256_SASL_JAAS_CONFIG',
    'listener.name.ext.scram-sha-256.sasl.jaas.config',
  ],
];

for (const [variable, name] of NAMES) {
  test(`${variable} is ${name}`, () =>
    assert.deepEqual(told(environmentSettings({ [variable]: 'x' })), [`${name}=x (${variable})`]));
}

test("the seed's environment: its users log in on the listener that asks for it, and nothing is unknown", () => {
  const entries = environmentSettings({
    KAFKA_ENABLE_KRAFT: 'yes',
    KAFKA_CFG_PROCESS_ROLES: 'controller,broker',
    KAFKA_CFG_NODE_ID: '1',
    KAFKA_CFG_CONTROLLER_QUORUM_VOTERS: '1@10.3.0.2:9093',
    KAFKA_CFG_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_CFG_INTER_BROKER_LISTENER_NAME: 'SSL',
    KAFKA_CFG_SSL_PROTOCOL: 'TLSv1.2',
    KAFKA_CFG_SSL_CLIENT_AUTH: 'none',
    KAFKA_CFG_SSL_KEYSTORE_LOCATION: '/certs/kafka.keystore.jks',
    KAFKA_CFG_SSL_KEYSTORE_PASSWORD: 'yourpassword',
    KAFKA_CFG_LISTENERS: 'INTERNAL://:9092,CONTROLLER://:9093,SSL://:9095',
    KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,SSL:SASL_SSL,INTERNAL:PLAINTEXT',
    KAFKA_CFG_SASL_ENABLED_MECHANISMS: 'PLAIN',
    KAFKA_CFG_SASL_MECHANISM_INTER_BROKER_PROTOCOL: 'PLAIN',
    KAFKA_CLIENT_USERS: 'user1',
    KAFKA_CLIENT_PASSWORDS: 'password1',
  });
  const settings = BrokerSettings.from(entries);
  assert.equal(
    settings.forListener('SSL', 'sasl.jaas.config', 'PLAIN'),
    `${PLAIN} "user_user1"="password1";`,
  );
  assert.equal(settings.forListener('INTERNAL', 'sasl.jaas.config', 'PLAIN'), undefined);
  assert.deepEqual(settings.remarks, []);
  assert.ok(settings.inert.some(({ name }) => name === 'KAFKA_ENABLE_KRAFT'));
});

test('users: several, those of brokers on their listener only, and a setting that is given wins', () => {
  const variables = {
    KAFKA_CFG_LISTENERS: 'A://:1,B://:2,C://:3',
    KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP: 'A:SASL_PLAINTEXT,B:SASL_SSL,C:SASL_SSL',
    KAFKA_CFG_INTER_BROKER_LISTENER_NAME: 'B',
    KAFKA_CFG_LISTENER_NAME_C_PLAIN_SASL_JAAS_CONFIG: 'Mine required;',
    KAFKA_CLIENT_USERS: 'u,v',
    KAFKA_CLIENT_PASSWORDS: 'p;q"\\',
    KAFKA_INTER_BROKER_USER: 'w',
    KAFKA_INTER_BROKER_PASSWORD: 'r',
  };
  const settings = BrokerSettings.from(environmentSettings(variables));
  const jaas = (listener: string) => settings.forListener(listener, 'sasl.jaas.config', 'PLAIN');
  assert.equal(jaas('A'), `${PLAIN} "user_u"="p" "user_v"="q\\"\\\\";`);
  assert.equal(jaas('B'), `${PLAIN} "user_u"="p" "user_v"="q\\"\\\\" "user_w"="r";`);
  assert.equal(jaas('C'), 'Mine required;');
});

test('users without a password, and a file that is not there, are told together', () => {
  const entries = environmentSettings({
    KAFKA_CLIENT_USERS: 'u,v',
    KAFKA_CLIENT_PASSWORDS: 'secret',
    KAFKA_CFG_SSL_KEYSTORE_PASSWORD_FILE: '/no/such/file',
  });
  assert.throws(
    () => BrokerSettings.from(entries),
    ({ message }: Error) =>
      /names 2 users and this 1 passwords/.test(message) &&
      /ssl\.keystore\.password \(KAFKA_CFG_SSL_KEYSTORE_PASSWORD_FILE\): .*ENOENT/.test(message) &&
      !message.includes('secret'),
  );
});

test('a secret is read from the file that a variable ending in _FILE names', () => {
  withFile('from a file\n', (path) => {
    const entries = environmentSettings({
      KAFKA_SSL_KEYSTORE_PASSWORD_FILE: path,
      KAFKA_CERTIFICATE_PASSWORD_FILE: path,
    });
    assert.deepEqual(told(entries), [
      'ssl.keystore.password=from a file (KAFKA_SSL_KEYSTORE_PASSWORD_FILE)',
      'ssl.key.password=from a file (KAFKA_CERTIFICATE_PASSWORD)',
      'ssl.keystore.password=from a file (KAFKA_CERTIFICATE_PASSWORD)',
      'ssl.truststore.password=from a file (KAFKA_CERTIFICATE_PASSWORD)',
    ]);
  });
});

test('the login settings that KAFKA_OPTS gives a file of hold for the listeners that ask for a login', () => {
  withFile(`KafkaServer {\n  ${PLAIN} user_a="b";\n};\nx.KafkaServer { ${PLAIN} user_c="d"; };`, (path) => {
    const entries = environmentSettings({
      KAFKA_LISTENERS: 'X://:1,SASL_PLAINTEXT://:2,PLAINTEXT://:3',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP:
        'X:SASL_PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_OPTS: `-Dx=y -Djava.security.auth.login.config=${path} -Dz`,
    });
    const settings = BrokerSettings.from(entries);
    const jaas = (listener: string) => settings.forListener(listener, 'sasl.jaas.config', 'PLAIN');
    assert.equal(jaas('X'), `${PLAIN} "user_c"="d";`);
    assert.equal(jaas('SASL_PLAINTEXT'), `${PLAIN} "user_a"="b";`);
    assert.equal(jaas('PLAINTEXT'), undefined);
  });
});

const RENAMED: [Record<string, string>, string[]][] = [
  [{ KAFKA_KRAFT_CLUSTER_ID: 'x' }, ['cluster.id=x (KAFKA_KRAFT_CLUSTER_ID)']],
  [{ CLUSTER_ID: 'x' }, []],
  [{ CLUSTER_ID: 'x', KAFKA_NODE_ID: '1' }, ['node.id=1 (KAFKA_NODE_ID)', 'cluster.id=x (CLUSTER_ID)']],
  [{ ALLOW_PLAINTEXT_LISTENER: 'yes' }, ['klamm.allow.remote.plaintext=true (ALLOW_PLAINTEXT_LISTENER)']],
  [{ ALLOW_PLAINTEXT_LISTENER: 'no' }, []],
  [
    { KAFKA_ADVERTISED_LISTENERS: 'A://h:1,B://i:2' },
    [
      'advertised.listeners=A://h:1,B://i:2 (KAFKA_ADVERTISED_LISTENERS)',
      'listeners=A://0.0.0.0:1,B://0.0.0.0:2 (KAFKA_ADVERTISED_LISTENERS)',
    ],
  ],
  [
    { KAFKA_TLS_TYPE: 'PEM', KAFKA_TLS_EXTERNAL_CLIENT_AUTH: 'required' },
    [
      'listener.name.external.ssl.client.auth=required (KAFKA_TLS_EXTERNAL_CLIENT_AUTH)',
      'ssl.keystore.type=PEM (KAFKA_TLS_TYPE)',
      'ssl.truststore.type=PEM (KAFKA_TLS_TYPE)',
    ],
  ],
];

for (const [variables, expected] of RENAMED) {
  test(`variables of images: ${Object.keys(variables).join(', ')}`, () =>
    assert.deepEqual(told(environmentSettings(variables)), expected));
}

test('a variable that is nearly a setting is remarked on; one of KAFKA_CFG_ that is none is refused', () => {
  const settings = BrokerSettings.from(environmentSettings({ KAFKA_NUM_PARTITONS: '3' }));
  assert.deepEqual(settings.remarks, [
    "The variable KAFKA_NUM_PARTITONS names no setting of Kafka's; was KAFKA_NUM_PARTITIONS meant?",
  ]);
  assert.throws(
    () => BrokerSettings.from(environmentSettings({ KAFKA_CFG_NUM_PARTITONS: '3' })),
    /num\.partitons \(KAFKA_CFG_NUM_PARTITONS\): no such setting; did you mean num\.partitions\?/,
  );
});
