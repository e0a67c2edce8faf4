// Listeners with TLS as their settings want them, seen by openssl, kcat and our client: versions and cipher suites, clients
// that show certificates and what ACLs make of them, certificates that are replaced under running clients.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { lineLogger } from '@klamm/base/logger';
import { type Issued, issueAuthority, issueBroker, issueClient } from '@klamm/certs/issue/certificate';
import { writePkcs12 } from '@klamm/certs/stores/pkcs12-write';
import { Kafka } from 'klamm';
import { type Broker, startBroker } from 'klamm/broker';
import { getKcat } from '../peers/kcat.ts';
import { usePeer } from '../peers/peers.ts';
import { runProgram } from '../peers/program.ts';

const kcat = await usePeer(getKcat);
const PASSWORD = 'changeit';

suite('listeners with TLS', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-tls-listeners-'));
  const at = (name: string): string => join(folder, name);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let authority: Issued;
  let broker: Broker;
  let inside: Kafka;

  before(async () => {
    authority = await issueAuthority({ name: 'CN=Authority' });
    writeFileSync(at('ca.crt'), authority.certificate);
    await renew('broker.p12');
    const alice = await issueClient({ name: 'CN=alice,OU=billing,O=Example', authority });
    writeFileSync(at('alice.crt'), alice.certificate);
    writeFileSync(at('alice.key'), alice.key);
    const logger = lineLogger('info', (text) => {
      lines.push(text);
      for (const look of waiting) look();
    });
    const names = ['plain', 'both', 'old', 'new', 'picky', 'asks'];
    broker = await startBroker({
      logger,
      config: {
        listeners: names.map((name) => `${name.toUpperCase()}://127.0.0.1:0`).join(','),
        'listener.security.protocol.map': names
          .map((name) => `${name.toUpperCase()}:${name === 'plain' ? 'PLAINTEXT' : 'SSL'}`)
          .join(','),
        'inter.broker.listener.name': 'PLAIN',
        'ssl.keystore.location': at('broker.p12'),
        'ssl.keystore.password': PASSWORD,
        'ssl.truststore.location': at('ca.crt'),
        'listener.name.old.ssl.enabled.protocols': 'TLSv1.2',
        'listener.name.new.ssl.enabled.protocols': 'TLSv1.3',
        'listener.name.picky.ssl.enabled.protocols': 'TLSv1.2',
        'listener.name.picky.ssl.cipher.suites': 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
        'listener.name.asks.ssl.client.auth': 'requested',
        'listener.name.asks.ssl.principal.mapping.rules': 'RULE:^CN=([a-z]+),OU=([a-z]+),.*$/$1.$2/U,DEFAULT',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'allow.everyone.if.no.acl.found': 'true',
      },
    });
    inside = new Kafka({ brokers: addressOf('PLAIN') });
  });
  after(async () => {
    await broker?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function addressOf(name: string): string {
    const endpoint = broker.endpoints.find((each) => each.name === name);
    assert.ok(endpoint, name);
    return `${endpoint.host}:${endpoint.port}`;
  }

  /** Resolves with the first line of the log from now on that matches. */
  function nextLine(pattern: RegExp): Promise<string> {
    const from = lines.length;
    return new Promise((resolve) => {
      const look = (): void => {
        const found = lines.slice(from).find((text) => pattern.test(text));
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
    });
  }

  /** Writes a store with a new certificate of the broker; its serial number. */
  async function renew(name: string, password = PASSWORD): Promise<string> {
    const issued = await issueBroker({
      name: 'CN=broker',
      dns: ['localhost'],
      ips: ['127.0.0.1'],
      authority,
    });
    const chain = [issued.certificate, authority.certificate];
    writeFileSync(
      at(name),
      writePkcs12({ keys: [{ alias: 'broker', key: issued.key, chain }], certificates: [] }, password),
    );
    return new X509Certificate(issued.certificate).serialNumber;
  }

  /** What openssl sees of a listener. */
  async function look(name: string, ...args: string[]): Promise<{ isAccepted: boolean; text: string }> {
    const all = ['s_client', '-connect', addressOf(name), '-CAfile', at('ca.crt'), ...args];
    const { stdout, stderr } = await runProgram('openssl', all, { stdin: '', mayFail: true });
    const text = stdout + stderr;
    return {
      isAccepted: /Verify return code: 0 \(ok\)/.test(text) && !/no peer certificate/.test(text),
      text,
    };
  }
  async function serialSeen(name: string): Promise<string> {
    const { text } = await look(name);
    const [pem = ''] =
      /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----/.exec(text) ?? [];
    return new X509Certificate(pem).serialNumber;
  }

  test('versions of TLS are those of the settings', async () => {
    for (const [name, older, newer] of [
      ['BOTH', true, true],
      ['OLD', true, false],
      ['NEW', false, true],
    ] as const) {
      assert.equal((await look(name, '-tls1_2')).isAccepted, older, `${name} by 1.2`);
      assert.equal((await look(name, '-tls1_3')).isAccepted, newer, `${name} by 1.3`);
    }
    assert.ok(lines.some((line) => /speaks an older version of TLS than this listener takes/.test(line)));
  });

  test('cipher suites are those of the settings', async () => {
    const { text, isAccepted } = await look('PICKY');
    assert.ok(isAccepted, text);
    assert.match(text, /ECDHE-ECDSA-AES256-GCM-SHA384/);
    const told = nextLine(/client and listener have no cipher suite in common/);
    assert.equal((await look('PICKY', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256')).isAccepted, false);
    await told;
  });

  test('a client is who its certificate says, and ACLs are about that', { skip: kcat.skip }, async () => {
    await using admin = inside.admin();
    await admin.createTopic({ name: 'bills', partitions: 1 });
    await admin.createAcls([
      {
        resourceType: 'topic',
        resourceName: 'bills',
        patternType: 'literal',
        principal: 'User:ALICE.BILLING',
        host: '*',
        operation: 'write',
        permission: 'allow',
      },
    ]);
    const produce = (...args: string[]) =>
      kcat.get()(
        addressOf('ASKS'),
        [
          '-P',
          '-t',
          'bills',
          '-X',
          'security.protocol=SSL',
          '-X',
          `ssl.ca.location=${at('ca.crt')}`,
          ...args,
        ],
        { stdin: 'a bill\n', mayFail: true },
      );
    const alice = [
      '-X',
      `ssl.certificate.location=${at('alice.crt')}`,
      '-X',
      `ssl.key.location=${at('alice.key')}`,
    ];
    const allowed = await produce(...alice);
    assert.equal(allowed.code, 0, allowed.stderr);
    const refused = await produce();
    assert.match(refused.stderr, /Topic authorization failed/, 'whoever shows none is User:ANONYMOUS');
  });

  test('a certificate that is replaced is seen by whoever connects next, and nobody is cut off', async () => {
    const client = new Kafka({ brokers: addressOf('BOTH'), tls: { ca: authority.certificate } });
    await using producer = client.producer();
    const offsets: number[] = [];
    const send = async (): Promise<void> => {
      offsets.push((await producer.send({ topic: 'steady', partition: 0, value: 'x' })).offset);
    };
    await inside.admin().createTopic({ name: 'steady', partitions: 1 });
    await send();
    const before = await serialSeen('BOTH');
    const told = nextLine(/Listener BOTH goes on with the certificate/);
    const serial = await renew('broker.p12');
    let isTold = false;
    void told.then(() => {
      isTold = true;
    });
    while (!isTold) await send();
    assert.notEqual(serial, before);
    assert.equal(await serialSeen('BOTH'), serial);
    await send();
    await using another = new Kafka({
      brokers: addressOf('BOTH'),
      tls: { ca: authority.certificate },
    }).producer();
    await another.send({ topic: 'steady', partition: 0, value: 'x' });
    assert.deepEqual(
      offsets,
      Array.from({ length: offsets.length }, (_, offset) => offset),
    );
  });

  test('a file that is no store any more is told once, and the certificate stays', async () => {
    const before = await serialSeen('BOTH');
    const told = nextLine(/Listener BOTH keeps its certificate: .*broker\.p12/);
    copyFileSync(at('broker.p12'), at('good.p12'));
    writeFileSync(at('broker.p12'), 'half a sto');
    await told;
    assert.equal(await serialSeen('BOTH'), before);
    const repaired = nextLine(/Listener BOTH goes on/);
    const serial = await renew('broker.p12');
    await repaired;
    assert.equal(await serialSeen('BOTH'), serial);
  });

  test('settings of stores are altered while the broker runs, unless they are wrong', async () => {
    await using admin = inside.admin();
    const alter = (changes: Record<string, string>) =>
      admin.alterConfigs(
        { broker: broker.nodeId },
        Object.fromEntries(
          Object.entries(changes).map(([key, value]) => [`listener.name.new.ssl.${key}`, value]),
        ),
      );
    const before = await serialSeen('NEW');
    const serial = await renew('other.p12', 'another password');
    for (const [changes, reason] of [
      [{ 'keystore.location': at('other.p12') }, /other\.p12: the password does not open it/],
      [{ 'keystore.location': at('nowhere.p12') }, /nowhere\.p12/],
      [{ 'keystore.location': at('ca.crt') }, /ca\.crt: .*no private key/],
    ] as const) {
      await assert.rejects(alter(changes), (error: Error) => {
        assert.match(error.message, reason);
        assert.doesNotMatch(error.message, /changeit|another password/);
        return true;
      });
      assert.equal(await serialSeen('NEW'), before);
    }
    await alter({ 'keystore.location': at('other.p12'), 'keystore.password': 'another password' });
    assert.equal(await serialSeen('NEW'), serial);
    assert.notEqual(await serialSeen('BOTH'), serial, 'other listeners keep theirs');
    const [entry] = await admin.describeConfigs({ broker: broker.nodeId }, [
      'listener.name.new.ssl.keystore.password',
    ]);
    assert.equal(entry?.value, null);
  });
});
