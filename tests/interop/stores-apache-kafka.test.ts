// Stores that `klamm certs` made, on a real Apache Kafka: as its keystore and truststore, and as those of Java's tools;
// of both formats, with clients that show certificates. And our client with the same files.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Kafka } from 'klamm';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import { getJava } from '../peers/java.ts';
import { getKcat } from '../peers/kcat.ts';
import { usePeer } from '../peers/peers.ts';
import { freePort } from '../peers/ports.ts';
import { runProgram } from '../peers/program.ts';
import { secureFiles } from './secure-files.ts';

const [java, kcat] = await Promise.all([usePeer(getJava), usePeer(getKcat)]);

suite('stores of klamm certs on Apache Kafka', { skip: java.skip || kcat.skip, timeout: 180_000 }, () => {
  test('they serve it, in both formats, and let clients in who show a certificate', async () => {
    using files = await secureFiles();
    const folder = mkdtempSync(join(tmpdir(), 'klamm-stores-'));
    const { password } = files;
    const storesOf = (type: string, own: string): Record<string, string> => {
      const end = type === 'JKS' ? 'jks' : 'p12';
      return {
        'ssl.keystore.type': type,
        'ssl.keystore.location': files.at(`${own}.${end}`),
        'ssl.keystore.password': password,
        'ssl.key.password': password,
        'ssl.truststore.type': type,
        'ssl.truststore.location': files.at(`truststore.${end}`),
        'ssl.truststore.password': password,
      };
    };
    const scoped = (listener: string, settings: Record<string, string>): Record<string, string> =>
      Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [`listener.name.${listener}.${key}`, value]),
      );
    const [p12Port, jksPort] = [await freePort(), await freePort()];
    try {
      await using broker = await startApacheKafka(java.get(), {
        listeners: `P12://127.0.0.1:${p12Port},JKS://127.0.0.1:${jksPort}`,
        settings: {
          'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,P12:SSL,JKS:SSL',
          'ssl.client.auth': 'required',
          ...scoped('p12', storesOf('PKCS12', 'broker')),
          ...scoped('jks', storesOf('JKS', 'broker')),
        },
      });
      for (const [type, port] of [
        ['PKCS12', p12Port],
        ['JKS', jksPort],
      ] as const) {
        const bootstrap = `127.0.0.1:${port}`;
        const properties = join(folder, `${type}.properties`);
        const lines = Object.entries({ 'security.protocol': 'SSL', ...storesOf(type, 'alice') });
        writeFileSync(properties, lines.map(([key, value]) => `${key}=${value}\n`).join(''));
        const tool = ['--bootstrap-server', bootstrap, '--command-config', properties];
        const { stdout } = await java
          .get()
          .run('org.apache.kafka.tools.TopicCommand', [...tool, '--create', '--topic', type]);
        assert.match(stdout, /Created topic/);

        const end = type === 'JKS' ? 'jks' : 'p12';
        const keystore = { path: files.at(`alice.${end}`), password };
        const truststore = { path: files.at(`truststore.${end}`), password };
        await using producer = new Kafka({ brokers: bootstrap, tls: { keystore, truststore } }).producer();
        assert.equal((await producer.send({ topic: type, partition: 0, value: 'ours' })).offset, 0);

        const security = {
          'security.protocol': 'SSL',
          'ssl.ca.location': files.at('ca.crt'),
          'ssl.certificate.location': files.at('alice.crt'),
          'ssl.key.location': files.at('alice.key'),
        };
        const args = Object.entries(security).flatMap(([key, value]) => ['-X', `${key}=${value}`]);
        const read = await kcat.get()(bootstrap, ['-C', '-t', type, '-o', 'beginning', '-e', '-q', ...args]);
        assert.equal(read.stdout, 'ours\n');

        const stranger = new Kafka({ brokers: bootstrap, tls: { truststore } }).producer();
        await assert.rejects(stranger.send({ topic: type, value: 'x' }), {
          code: 'SSL_AUTHENTICATION_FAILED',
        });
        await stranger.close();
      }
      assert.equal(broker.name, 'Apache Kafka');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('keytool lists them: a private key with its chain, and what is trusted', async () => {
    using files = await secureFiles();
    for (const end of ['p12', 'jks']) {
      const list = async (name: string): Promise<string> =>
        (
          await runProgram('keytool', [
            '-list',
            '-keystore',
            files.at(`${name}.${end}`),
            '-storepass',
            files.password,
          ])
        ).stdout;
      assert.match(await list('broker'), /1 entry[\s\S]*PrivateKeyEntry/);
      assert.match(await list('truststore'), /1 entry[\s\S]*trustedCertEntry/);
    }
  });
});
