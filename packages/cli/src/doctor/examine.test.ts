// Each trap: settings that have it, and mended ones that have not, nor any other error.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { issueAuthority, issueBroker } from '@klamm/certs/issue/certificate';
import { writePkcs12 } from '@klamm/certs/stores/pkcs12-write';
import type { DeployedNode } from './deployment.ts';
import { examine } from './examine.ts';
import type { Finding } from './finding.ts';
import { nodesOfCompose } from './read-compose.ts';
import { nodeOfEnvironment, nodeOfProperties } from './read-settings.ts';

type Overrides = Readonly<Record<string, string | null>>;

const NOW = Date.parse('2026-11-23T12:00:00Z');

const SOUND: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.quorum.voters': '1@127.0.0.1:9093',
  'controller.listener.names': 'CONTROLLER',
  listeners: 'INTERNAL://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT',
  'inter.broker.listener.name': 'INTERNAL',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
};

function textOf(overrides: Overrides): string {
  return Object.entries({ ...SOUND, ...overrides })
    .flatMap(([key, value]) => (value === null ? [] : [`${key}=${value}\n`]))
    .join('');
}

function ofNodes(nodes: readonly DeployedNode[], files: Readonly<Record<string, Buffer>> = {}): Finding[] {
  const isWhole = nodes.length > 1 || nodes.some(({ container }) => container !== undefined);
  return examine({ nodes, isWhole, now: NOW, read: (_node, path) => files[path] });
}

const ofProperties = (overrides: Overrides, files?: Readonly<Record<string, Buffer>>): Finding[] =>
  ofNodes([nodeOfProperties('server.properties', textOf(overrides))], files);

const ofSeveral = (...nodes: Overrides[]): Finding[] =>
  ofNodes(nodes.map((overrides, i) => nodeOfProperties(`${i + 1}.properties`, textOf(overrides))));

function ofCompose(text: string, environment: Readonly<Record<string, string>> = {}): Finding[] {
  return ofNodes(nodesOfCompose({ path: 'compose.yml', text, environment, readText: () => undefined }));
}

/** A certificate and nothing else, as openssl writes it: without the mark that Java looks for. The password is `secret`. */
const OPENSSL_TRUSTSTORE = Buffer.from(
  `
MIIClwIBAzCCAk0GCSqGSIb3DQEHAaCCAj4EggI6MIICNjCCAjIGCSqGSIb3DQEHBqCCAiMwggIfAgEAMIICGAYJKoZIhvcNAQcB
MFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAieGg2uSXioWgICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEPfQ
QhjTb3w7WGogNskJCE2AggGwT72Xty+SlOiQ/YIwRWp4bQbzYdCauLCvupQ6s1HRtVqz8uglmpmHCdxf6YGGXJrZtQ2UKw1zbd6D
QrcpT7kinugrNuwCFsc5gj0EfL0Ay5qakDzVvKODcAW0Tz9u+YS+TqhhqjNk8E28mJ2bS8735N/6APV2186XzRMm9IqU12wihLG6
ariN171Fvqbc0j4dmwoH8O1VNR09v+as8e8xXN4zKviOyXE6NgJltWf8OiGS8WxVxcF5CMEYwUOwBfGNzUNZroPNM1PI2eMG18y8
4/f2mLjZSxZl4fI2ZSsMbr3v5ao3xBReXiFtXK61TxAbZ2OAnGRyaoUhgS/mKLx7lcLX9smdL5tva7ooUgAGaNcRW75OVsVw+WV3
0qKRXxJ/D5GcXAI85KJS5Q9EMZHqoy5BAn5xLj0yYyjBWOP9YOPo/yaWlVY0pwQQNChOQ9e+uE8I+QTxU7+CwFB70ayb14qeZIw6
wjo+jpzpxtpeYokXCBn/1BnE4mEBpmD4yYVwfvke56RvJd7LecnNKCS3g4nWfnMZquTIoWwNpEYx75zV3CpEbzTV1ARa22/vDFD7
MEEwMTANBglghkgBZQMEAgEFAAQgyg176Bo+vda5QnDPAUcNhpJpdq9b5jhojo/mZ37JU/wECFiqNOl3NhhNAgIIAA==`,
  'base64',
);

const codes = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code);
const errors = (findings: readonly Finding[]): string[] =>
  findings.filter(({ level }) => level === 'error').map(({ code, what }) => `${code}: ${what}`);

function assertMended(code: string, trap: readonly Finding[], mended: readonly Finding[]): void {
  assert.ok(codes(trap).includes(code), `expected ${code}, found ${codes(trap).join(', ') || 'nothing'}`);
  assert.ok(!codes(mended).includes(code), `${code} is still there`);
  assert.deepEqual(errors(mended), [], 'the mended settings have an error');
}

const TLS = {
  listeners: 'INTERNAL://127.0.0.1:9092,EXTERNAL://:9094,CONTROLLER://127.0.0.1:9093',
  'advertised.listeners': 'INTERNAL://127.0.0.1:9092,EXTERNAL://kafka.example:9094',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,EXTERNAL:SASL_SSL',
  'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
  'ssl.keystore.location': '/keystore',
};
const PLAIN_USERS = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";';
const PLAIN = {
  'sasl.enabled.mechanisms': 'PLAIN',
  'listener.name.external.plain.sasl.jaas.config': PLAIN_USERS,
};

const CASES: readonly [code: string, trap: Overrides, mended: Overrides][] = [
  ['setting-unknown', { 'log.retention.hour': '1' }, { 'log.retention.hours': '1' }],
  ['setting-value', { 'num.partitions': 'three' }, { 'num.partitions': '3' }],
  ['setting-without-effect', { 'zookeeper.connect': 'z:2181' }, {}],
  [
    'internal-segment-small',
    { 'offsets.topic.segment.bytes': '100000' },
    { 'offsets.topic.segment.bytes': '1048576' },
  ],
  [
    'two-voters',
    { 'controller.quorum.voters': '1@127.0.0.1:9093,2@b:9093' },
    { 'controller.quorum.voters': '1@127.0.0.1:9093,2@b:9093,3@c:9093' },
  ],
  [
    'even-voters',
    { 'controller.quorum.voters': '1@127.0.0.1:9093,2@b:9093,3@c:9093,4@d:9093' },
    { 'controller.quorum.voters': '1@127.0.0.1:9093,2@b:9093,3@c:9093' },
  ],
  ['voter-twice', { 'controller.quorum.voters': '1@127.0.0.1:9093,1@b:9093,2@c:9093' }, {}],
  ['voter-missing', { 'node.id': '4' }, {}],
  ['voter-address', { 'controller.quorum.voters': '1@127.0.0.1:9099' }, {}],
  ['voter-address', { 'controller.quorum.voters': '1@0.0.0.0:9093' }, {}],
  ['cluster-id', { 'cluster.id': 'abcdef1234567890' }, { 'cluster.id': 'MkU3OEVBNTcwNTJENDM2Qk' }],
  ['listener-address', { 'advertised.listeners': 'INTERNAL//127.0.0.1:9092,INTERNAL://127.0.0.1:9092' }, {}],
  ['listener-twice', { listeners: `${SOUND.listeners},INTERNAL://127.0.0.1:9094` }, {}],
  [
    'port-twice',
    { listeners: 'INTERNAL://127.0.0.1:9093,CONTROLLER://127.0.0.1:9093' },
    { listeners: 'INTERNAL://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093' },
  ],
  ['listener-protocol', { 'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT' }, {}],
  ['listener-protocol', { 'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,INTERNAL:PLAIN' }, {}],
  [
    'listener-name',
    {
      ...TLS,
      listeners: `${SOUND.listeners},SSL://:9094`,
      'advertised.listeners': null,
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,SSL:SASL_SSL',
    },
    TLS,
  ],
  ['controller-listener', { 'controller.listener.names': 'KRAFT' }, {}],
  ['controller-listener', { 'controller.listener.names': null }, {}],
  ['advertised-name', { 'advertised.listeners': 'INTERNAL://127.0.0.1:9092,EXTERNAL://a:9094' }, {}],
  [
    'advertised-wildcard',
    { ...TLS, 'advertised.listeners': 'INTERNAL://127.0.0.1:9092,EXTERNAL://0.0.0.0:9094' },
    TLS,
  ],
  [
    'advertised-wildcard',
    { ...TLS, 'advertised.listeners': 'INTERNAL://127.0.0.1:9092,EXTERNAL://:9094' },
    TLS,
  ],
  [
    'advertised-loopback',
    { ...TLS, 'advertised.listeners': 'INTERNAL://127.0.0.1:9092,EXTERNAL://localhost:9094' },
    TLS,
  ],
  ['inter-broker-absent', { 'inter.broker.listener.name': 'REPLICATION' }, {}],
  ['inter-broker-absent', { 'inter.broker.listener.name': null }, {}],
  ['inter-broker-controller', { 'inter.broker.listener.name': 'CONTROLLER' }, {}],
  ['inter-broker-not-advertised', { ...TLS, 'advertised.listeners': 'EXTERNAL://kafka.example:9094' }, TLS],
  ['inter-broker-mechanism', { ...TLS, 'inter.broker.listener.name': 'EXTERNAL' }, TLS],
  [
    'inter-broker-login',
    {
      ...TLS,
      'inter.broker.listener.name': 'EXTERNAL',
      'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    },
    {
      ...TLS,
      'inter.broker.listener.name': 'EXTERNAL',
      'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
      'listener.name.external.scram-sha-512.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="b" password="c";',
    },
  ],
  ['mechanism-unused', { 'sasl.enabled.mechanisms': 'PLAIN' }, {}],
  ['mechanism-default', { ...TLS, 'sasl.enabled.mechanisms': null }, TLS],
  ['mechanism-unknown', { ...TLS, 'sasl.enabled.mechanisms': 'SCRAM-SHA512' }, TLS],
  [
    'plain-in-the-clear',
    {
      ...TLS,
      ...PLAIN,
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,EXTERNAL:SASL_PLAINTEXT',
    },
    { ...TLS, ...PLAIN },
  ],
  ['login-without-users', { ...TLS, 'sasl.enabled.mechanisms': 'PLAIN' }, { ...TLS, ...PLAIN }],
  ['listener-open', { listeners: 'INTERNAL://10.0.0.1:9092,CONTROLLER://127.0.0.1:9093' }, {}],
  ['controller-open', { listeners: 'INTERNAL://127.0.0.1:9092,CONTROLLER://:9093' }, {}],
  ['keystore-missing', { ...TLS, 'ssl.keystore.location': null }, TLS],
  ['truststore-missing', { ...TLS, 'ssl.client.auth': 'required' }, { ...TLS, 'ssl.client.auth': 'none' }],
  ['replication-factor', { 'offsets.topic.replication.factor': '3' }, {}],
  ['replication-factor', { 'transaction.state.log.replication.factor': null }, {}],
  ['min-isr', { 'transaction.state.log.min.isr': '2' }, {}],
];

suite('klamm doctor', () => {
  test('sound settings have no fault', () => {
    assert.deepEqual(ofProperties({}), []);
    assert.deepEqual(ofNodes([nodeOfProperties('f', 'listeners=PLAINTEXT://127.0.0.1:9092\n')]), []);
    assert.deepEqual(codes(ofProperties(TLS)), []);
    const unmapped = {
      listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
      'listener.security.protocol.map': null,
      'inter.broker.listener.name': null,
    };
    assert.deepEqual(codes(ofProperties(unmapped)), [], 'the listener of the controllers needs no protocol');
  });

  for (const [code, trap, mended] of CASES) {
    test(`${code}: ${Object.entries(trap).at(-1)?.join('=').slice(0, 60)}`, () => {
      assertMended(code, ofProperties(trap), ofProperties(mended));
    });
  }

  test('what is wrong is told with file and line, and its nearest name', () => {
    const [finding] = ofNodes([nodeOfProperties('f', `${textOf({})}num.partitons=3\n`)]);
    assert.deepEqual(finding?.places, [`f:${Object.keys(SOUND).length + 1}`]);
    assert.match(finding?.what ?? '', /did you mean num\.partitions/);
  });

  test('variables are told by their names, a secret by nothing', () => {
    const node = nodeOfEnvironment({
      KAFKA_CFG_LISTNERS: 'x',
      KAFKA_CFG_SSL_KEYSTORE_TYPE: 'P12',
      KAFKA_CFG_SSL_KEY_PASSWORD: 'hunter2',
    });
    const findings = ofNodes(node === undefined ? [] : [node]);
    assert.deepEqual(
      new Set(findings.flatMap(({ places }) => places)),
      new Set(['KAFKA_CFG_LISTNERS', 'KAFKA_CFG_SSL_KEYSTORE_TYPE']),
    );
    assert.doesNotMatch(JSON.stringify(findings), /hunter2/);
    assert.equal(nodeOfEnvironment({ PATH: '/bin' }), undefined);
  });

  test('several nodes have to fit together', () => {
    const voters = { 'controller.quorum.voters': '1@a:9093,2@b:9093,3@c:9093' };
    const three = ['1', '2', '3'].map((id) => ({
      ...voters,
      'node.id': id,
      listeners: 'INTERNAL://10.0.0.1:9092,CONTROLLER://10.0.0.1:9093',
      'advertised.listeners': `INTERNAL://n${id}:9092`,
      'default.replication.factor': '3',
      'offsets.topic.replication.factor': '3',
      'transaction.state.log.replication.factor': '3',
      'share.coordinator.state.topic.replication.factor': '3',
    }));
    const [one = {}, two = {}, last = {}] = three;
    const mended = ofSeveral(...three);
    const traps: readonly [string, readonly Finding[]][] = [
      ['node-id-twice', ofSeveral(one, two, { ...last, 'node.id': '2' })],
      ['voter-absent', ofSeveral(one, two)],
      [
        'voters-differ',
        ofSeveral(one, two, { ...last, 'controller.quorum.voters': '1@a:9093,2@b:9093,3@d:9093' }),
      ],
      ['advertised-twice', ofSeveral(one, two, { ...last, 'advertised.listeners': 'INTERNAL://n1:9092' })],
      [
        'cluster-ids-differ',
        ofSeveral(
          { ...one, 'cluster.id': 'MkU3OEVBNTcwNTJENDM2Qk' },
          { ...two, 'cluster.id': '5L6g3nShT-eMCtK--X86sw' },
          last,
        ),
      ],
      ['one-replica', ofSeveral(one, two, { ...last, 'default.replication.factor': '1' })],
      ['replication-factor', ofSeveral(one, { ...two, 'default.replication.factor': '4' }, last)],
    ];
    for (const [code, trap] of traps) assertMended(code, trap, mended);
  });

  test('a data directory is of its cluster and its node', () => {
    const meta = (text: string) => ({ '/data/meta.properties': Buffer.from(text) });
    const settings = { 'log.dirs': '/data', 'cluster.id': 'MkU3OEVBNTcwNTJENDM2Qk' };
    const mended = ofProperties(settings, meta('version=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qk\nnode.id=1\n'));
    const other = ofProperties(settings, meta('cluster.id=5L6g3nShT-eMCtK--X86sw\nnode.id=2\n'));
    assertMended('data-of-another-cluster', other, mended);
    assertMended('data-of-another-node', other, mended);
  });
});

test('docs/doctor.md has every code', () => {
  const docs = readFileSync(new URL('../../../../docs/doctor.md', import.meta.url), 'utf8');
  const folder = new URL('.', import.meta.url);
  const sources = readdirSync(folder).filter((file) => /^(check-|live|certificate)/.test(file));
  const texts = sources.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
  const used = [...texts.matchAll(/(?:code: |'(?:error|warning|note)',\s*)'([a-z-]+)'/g)].map(
    ([, code = '']) => code,
  );
  assert.ok(used.length > 30);
  for (const code of used) assert.ok(docs.includes(`\`${code}\``), code);
});

suite('klamm doctor, of containers', () => {
  const service = (changes: { image?: string; ports?: string; advertised?: string; more?: string } = {}) => `
services:
  kafka:
    image: ${changes.image ?? 'apache/kafka:4.3.1'}
    ports: [${changes.ports ?? '"9094:9094"'}]
    environment:
      KAFKA_LISTENERS: INTERNAL://:9092,EXTERNAL://:9094
      KAFKA_ADVERTISED_LISTENERS: ${changes.advertised ?? 'INTERNAL://kafka:9092,EXTERNAL://192.168.1.5:9094'}
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT
      KAFKA_INTER_BROKER_LISTENER_NAME: INTERNAL
      KAFKA_LOG_DIRS: /data
      ${changes.more ?? ''}
    volumes: ["data:/data"]
`;
  const sound = ofCompose(service());

  for (const [code, changes] of [
    ['image-moved', { image: 'bitnami/kafka:3.9.0' }],
    ['image-moved', { image: 'docker.io/bitnami/kafka' }],
    ['image-variables', { more: 'KAFKA_CFG_NUM_PARTITIONS: 3' }],
    ['port-not-published', { ports: '' }],
    ['advertised-port', { ports: '"19094:9094"' }],
    ['advertised-port', { advertised: 'INTERNAL://kafka:9192,EXTERNAL://192.168.1.5:9094' }],
    ['advertised-loopback', { advertised: 'INTERNAL://localhost:9092,EXTERNAL://192.168.1.5:9094' }],
    ['advertised-loopback', { advertised: 'INTERNAL://127.0.0.1:9092,EXTERNAL://localhost:9094' }],
    ['advertised-wildcard', { advertised: 'INTERNAL://kafka:9092,EXTERNAL://0.0.0.0:9094' }],
    ['setting-unknown', { more: 'KAFKA_LISTENER_SECURTY_PROTOCOL_MAP: x' }],
  ] as const) {
    test(`${code}: ${Object.values(changes).join(' ')}`, () =>
      assertMended(code, ofCompose(service(changes)), sound));
  }

  test('a listener for this machine beside one for containers is no fault', () => {
    const findings = ofCompose(service({ advertised: 'INTERNAL://kafka:9092,EXTERNAL://localhost:9094' }));
    assert.ok(!codes(findings).includes('advertised-loopback'), codes(findings).join());
  });

  test('data on no volume is told', () => {
    const findings = ofCompose(service().replace('volumes: ["data:/data"]', 'volumes: ["/data"]'));
    assertMended('data-without-volume', findings, sound);
  });

  test('anchors, merged maps, lists, defaults of variables and several files of settings are understood', () => {
    const text = `
x-common: &common
  image: apache/kafka:\${VERSION:-4.3.1}
  volumes: ["data:/data"]
  environment: &environment
    KAFKA_LISTENERS: INTERNAL://:9092
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: INTERNAL:PLAINTEXT
    KAFKA_INTER_BROKER_LISTENER_NAME: INTERNAL
    KAFKA_LOG_DIRS: /data
services:
  a:
    <<: *common
    environment:
      <<: *environment
      KAFKA_NODE_ID: 7
      KAFKA_ADVERTISED_LISTENERS: INTERNAL://\${HOST_OF_A}:9092
  b:
    <<: *common
    container_name: bee
    environment:
      - KAFKA_LISTENERS=INTERNAL://:9092
      - "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=INTERNAL:PLAINTEXT"
      - KAFKA_ADVERTISED_LISTENERS=INTERNAL://bee:9092
      - KAFKA_INTER_BROKER_LISTENER_NAME=INTERNAL
      - KAFKA_LOG_DIRS=/data
      - KAFKA_NODE_ID=7
  web:
    image: nginx
`;
    const input = { path: 'c.yml', text, readText: () => undefined };
    const nodes = nodesOfCompose({ ...input, environment: { HOST_OF_A: 'a' } });
    assert.deepEqual(
      nodes.map(({ name }) => name),
      ['a', 'b'],
    );
    assert.equal(nodes[0]?.container?.image?.value, 'apache/kafka:4.3.1');
    const findings = ofNodes(nodes);
    const twice = findings.find(({ code }) => code === 'node-id-twice');
    assert.deepEqual(twice?.places, ['c.yml:15 KAFKA_NODE_ID', 'c.yml:26 KAFKA_NODE_ID']);
    const wrong = ofNodes(nodesOfCompose({ ...input, environment: { HOST_OF_A: 'bee' } }));
    assert.ok(codes(wrong).includes('advertised-other'), codes(wrong).join());
  });

  test('two containers cannot take one port of the machine', () => {
    const two =
      service() +
      service()
        .replace(/^[\s\S]*?kafka:\n/, '  second:\n')
        .replaceAll('://kafka:', '://second:');
    const findings = ofCompose(two);
    assert.ok(codes(findings).includes('port-published-twice'), codes(findings).join());
    assert.ok(codes(findings).includes('advertised-twice'), codes(findings).join());
  });
});

suite('klamm doctor, of key stores', () => {
  const DAY_MS = 86_400_000;

  async function files() {
    const common = { keyKind: 'ec-p256', now: NOW, days: 365 } as const;
    const authority = await issueAuthority({ ...common, name: 'CN=ca' });
    const broker = ({ dns = 'kafka.example', now = NOW }: { dns?: string; now?: number }) =>
      issueBroker({ ...common, name: 'CN=broker', authority, ips: [], dns: [dns], now });
    const store = (issued: { certificate: string; key: string }, certificate = issued.certificate) =>
      writePkcs12(
        {
          keys: [{ alias: 'kafka', key: issued.key, chain: [certificate, authority.certificate] }],
          certificates: [],
        },
        'secret',
      );
    const own = await broker({});
    const truststore = writePkcs12(
      { keys: [], certificates: [{ alias: 'ca', certificate: authority.certificate }] },
      'secret',
    );
    return {
      own: store(own),
      ip: store(await issueBroker({ ...common, name: 'CN=b', authority, dns: [], ips: ['192.168.1.5'] })),
      expired: store(await broker({ now: NOW - 400 * DAY_MS })),
      future: store(await broker({ now: NOW + 2 * DAY_MS })),
      soon: store(await broker({ now: NOW - 350 * DAY_MS })),
      mixed: store(own, (await broker({})).certificate),
      elsewhere: store(await broker({ dns: 'localhost' })),
      truststore,
      authority: Buffer.from(authority.certificate),
    };
  }

  test('each is looked into: password, key, certificate, time, names, and what Java sees', async () => {
    const at = await files();
    const settings = {
      ...TLS,
      'ssl.keystore.password': 'secret',
      'ssl.truststore.location': '/trust',
      'ssl.truststore.password': 'secret',
    };
    const of = (keystore: Buffer, changes: Overrides = {}, trust = at.truststore) =>
      ofProperties({ ...settings, ...changes }, { '/keystore': keystore, '/trust': trust });
    const mended = of(at.own);
    assert.deepEqual(mended, []);
    const toIp = { 'advertised.listeners': 'INTERNAL://127.0.0.1:9092,EXTERNAL://192.168.1.5:9094' };
    assert.deepEqual(of(at.ip, toIp), []);
    const traps: readonly [string, readonly Finding[]][] = [
      ['store-password', of(at.own, { 'ssl.keystore.password': 'hunter2' })],
      ['store-password', of(at.own, { 'ssl.truststore.password': 'hunter2' })],
      ['store-damaged', of(Buffer.from('no store'))],
      ['keystore-without-key', of(at.truststore)],
      ['truststore-not-for-java', of(at.own, {}, OPENSSL_TRUSTSTORE)],
      ['certificate-expired', of(at.expired)],
      ['certificate-not-yet-valid', of(at.future)],
      ['certificate-expires-soon', of(at.soon)],
      ['certificate-of-another-key', of(at.mixed)],
      ['certificate-name', of(at.elsewhere)],
      ['certificate-name', of(at.own, toIp)],
    ];
    for (const [code, trap] of traps) {
      assertMended(code, trap, mended);
      assert.doesNotMatch(JSON.stringify(trap), /hunter2/);
    }
    assert.deepEqual(of(at.own, {}, at.authority), [], 'a truststore may be PEM');
  });
});
