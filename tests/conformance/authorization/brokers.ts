// The same secured broker twice: Klamm, and Apache Kafka. One listener, on which users log in by SASL PLAIN.

import { startBroker } from '@klamm/broker/broker';
import { startApacheKafka } from '../../peers/apache-kafka.ts';
import type { Java } from '../../peers/java.ts';
import { freePort } from '../../peers/ports.ts';
import { PRINCIPALS, passwordOf } from './cast.ts';

export interface SecuredBroker extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
}

const AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer';

function security(): Record<string, string> {
  const users = PRINCIPALS.map((name) => `user_${name}="${passwordOf(name)}"`).join(' ');
  return {
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.sasl_plaintext.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="${passwordOf('admin')}" ${users};`,
    'authorizer.class.name': AUTHORIZER,
    'delegation.token.secret.key': 'only for this test',
    'offsets.topic.num.partitions': '3',
    'transaction.state.log.num.partitions': '3',
  };
}

interface SecuredOptions {
  readonly dataDirectory?: string;
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startSecuredKlamm(options: SecuredOptions = {}): Promise<SecuredBroker> {
  const port = await freePort();
  const { settings, ...place } = options;
  const broker = await startBroker({
    ...place,
    listeners: `SASL_PLAINTEXT://127.0.0.1:${port}`,
    config: { ...security(), 'super.users': 'User:admin', ...settings },
  });
  return { name: 'Klamm', port, [Symbol.asyncDispose]: () => broker.close() };
}

export async function startSecuredKafka(java: Java, options: SecuredOptions = {}): Promise<SecuredBroker> {
  const port = await freePort();
  const controllerPort = await freePort();
  const { settings, ...place } = options;
  const broker = await startApacheKafka(java, {
    ...place,
    port,
    settings: {
      ...security(),
      listeners: `SASL_PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `SASL_PLAINTEXT://127.0.0.1:${port}`,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'listener.security.protocol.map': 'SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'SASL_PLAINTEXT',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      // The broker asks its own controller in the clear.
      'super.users': 'User:admin;User:ANONYMOUS',
      ...settings,
    },
  });
  return { name: 'Apache Kafka', port, [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose]() };
}
