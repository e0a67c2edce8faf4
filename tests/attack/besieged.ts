// A broker under attack, in this process: one listener in the clear, one with a login, one with TLS and a login, all on
// loopback; what it logged; and a client of good faith, to see that others are served all the same.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import type { Logger } from '@klamm/base/logger';
import { type Broker, startBroker } from '@klamm/broker/broker';
import { issueAuthority, issueBroker } from '@klamm/certs/issue/certificate';
import { Kafka } from 'klamm';

const PLAIN_USERS =
  'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="wonderland";';

export interface Besieged extends AsyncDisposable {
  readonly broker: Broker;
  /** Ports of the listeners. */
  readonly open: number;
  readonly sasl: number;
  readonly tls: number;
  /** The authority's certificate. */
  readonly ca: string;
  /** Every line of the log so far. */
  readonly lines: string[];
  /** Asserts that a client with a login can write and read, as if nothing was. */
  assertServes(): Promise<void>;
  /** A socket to a listener; errors on it are nobody's concern. */
  socket(port: number): Promise<Socket>;
}

export async function besiege(config: Readonly<Record<string, string>> = {}): Promise<Besieged> {
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  const common = { days: 2, keyKind: 'ec-p256', now: Date.now() } as const;
  const authority = await issueAuthority({ ...common, name: 'CN=ca' });
  const own = await issueBroker({
    ...common,
    name: 'CN=broker',
    authority,
    dns: ['localhost'],
    ips: ['127.0.0.1'],
  });
  const broker = await startBroker({
    logger,
    config: {
      listeners: 'OPEN://127.0.0.1:0,LOGIN://127.0.0.1:0,SECURE://127.0.0.1:0',
      'listener.security.protocol.map': 'OPEN:PLAINTEXT,LOGIN:SASL_PLAINTEXT,SECURE:SASL_SSL',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
      'listener.name.login.plain.sasl.jaas.config': PLAIN_USERS,
      'listener.name.secure.plain.sasl.jaas.config': PLAIN_USERS,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.key': own.key,
      'ssl.keystore.certificate.chain': own.certificate,
      'connection.failed.authentication.delay.ms': '1',
      ...config,
    } as Record<string, string>,
  });
  const portOf = (name: string): number => broker.endpoints.find((each) => each.name === name)?.port ?? 0;
  const sockets: Socket[] = [];
  let served = 0;
  const [open, sasl, tls] = [portOf('OPEN'), portOf('LOGIN'), portOf('SECURE')];
  return {
    broker,
    open,
    sasl,
    tls,
    ca: authority.certificate,
    lines,
    async assertServes() {
      const kafka = new Kafka({
        brokers: `127.0.0.1:${tls}`,
        tls: { ca: authority.certificate },
        sasl: { mechanism: 'plain', username: 'alice', password: 'wonderland' },
      });
      await using producer = kafka.producer();
      const value = `as if nothing was ${served++}`;
      const { offset } = await producer.send({ topic: 'peace', value });
      await using consumer = kafka.consume({ topic: 'peace', from: { 0: offset } });
      const { value: message } = await consumer.next();
      assert.equal(message?.text(), value);
    },
    socket(port) {
      return new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () => resolve(socket));
        sockets.push(socket);
        socket.once('error', reject);
        socket.on('error', () => {});
      });
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await broker.close();
    },
  };
}

/** Resolves when the other end has closed the socket. */
export function untilClosed(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));
}
