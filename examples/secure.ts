// A broker with TLS and a user, and a client that logs in, in one process: certificates made here, none on disk.
//
//   node examples/secure.ts

import { Kafka } from 'klamm';
import { startBroker } from 'klamm/broker';
import { issueAuthority, issueBroker } from 'klamm/certs';

const authority = await issueAuthority({ name: 'CN=Example CA' });
const { key, certificate } = await issueBroker({
  name: 'CN=broker',
  dns: ['localhost'],
  ips: ['127.0.0.1'],
  authority,
});

await using broker = await startBroker({
  port: 0,
  tls: { key, cert: certificate },
  users: { alice: 'a long password' },
});

const kafka = new Kafka({
  brokers: broker.bootstrap,
  tls: { ca: authority.certificate },
  sasl: { mechanism: 'scram-sha-512', username: 'alice', password: 'a long password' },
});
await using producer = kafka.producer();
await producer.send({ topic: 'letters', value: 'for your eyes only' });
for await (const message of kafka.consume({ topic: 'letters', from: 'earliest', toEnd: true })) {
  console.log(`alice read: ${message.text()}`);
}

const stranger = new Kafka({
  brokers: broker.bootstrap,
  tls: { ca: authority.certificate },
  sasl: { mechanism: 'scram-sha-512', username: 'alice', password: 'a guess' },
});
await using curious = stranger.admin();
await curious.listTopics().catch((error) => console.log(`a stranger: ${error.code}`));
