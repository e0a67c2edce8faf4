// Listeners with TLS, over real sockets: who is let in, and what the log says of the others.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { lineLogger } from '@klamm/base/logger';
import { type Issued, issueAuthority, issueBroker, issueClient } from '@klamm/certs/issue/certificate';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { type Broker, type BrokerOptions, startBroker } from '../broker.ts';
import { frame } from '../testing/raw-client.ts';

const authority = await issueAuthority({ name: 'CN=Authority' });
const own = tlsOf(await issueBroker({ name: 'CN=broker', ips: ['127.0.0.1'], authority }));
const ca = authority.certificate;

function tlsOf({ key, certificate }: Issued): { key: string; cert: string } {
  return { key, cert: certificate };
}

/** A broker, gone after the test, and a way to wait for a line of its log. */
async function start(t: TestContext, options: BrokerOptions) {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const logger = lineLogger('warn', (text) => {
    lines.push(text);
    for (const look of waiting) look();
  });
  const broker = await startBroker({ port: 0, ...options, logger });
  t.after(() => broker.close());
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = lines.find((text) => pattern.test(text));
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { broker, line, lines };
}

function dial({ port }: Broker, options: ConnectionOptions = {}): TLSSocket {
  return connect({ host: '127.0.0.1', port, ca, ...options });
}

/** True where a request is answered, and false where the connection ends without an answer. */
function isServed(socket: TLSSocket): Promise<boolean> {
  socket.write(frame(ApiVersions, 0, {}));
  return new Promise((resolve) => {
    socket.on('error', () => {});
    socket.once('close', () => resolve(false));
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
  });
}

test('a broker with a certificate in its options speaks TLS', async (t) => {
  const { broker } = await start(t, { tls: own });
  assert.equal(broker.endpoints[0]?.name, 'SSL');
  assert.ok(await isServed(dial(broker)));
});

test('with an authority for clients, those are let in whom it vouches for', async (t) => {
  const { broker, line } = await start(t, { tls: { ...own, ca } });
  const alice = await issueClient({ name: 'CN=alice', authority });
  assert.ok(await isServed(dial(broker, tlsOf(alice))));
  assert.equal(await isServed(dial(broker)), false);
  await line(/No TLS with 127\.0\.0\.1:\d+: the client shows no certificate/);
  const elsewhere = await issueAuthority({ name: 'CN=Elsewhere' });
  const mallory = await issueClient({ name: 'CN=alice', authority: elsewhere });
  assert.equal(await isServed(dial(broker, tlsOf(mallory))), false);
  await line(/No TLS with 127\.0\.0\.1:\d+: the client's certificate is refused: .*does not have its CA/);
});

test('a client whose certificate has expired is refused, and the log says so', async (t) => {
  const { broker, line } = await start(t, { tls: { ...own, ca } });
  const past = Date.now() - 10 * 86_400_000;
  const late = await issueClient({ name: 'CN=late', authority, days: 1, now: past });
  assert.equal(await isServed(dial(broker, tlsOf(late))), false);
  await line(/the client's certificate is refused: it has expired/);
});

test('the address of one that has gone in the middle of a handshake is told', async (t) => {
  const { broker, line } = await start(t, { tls: own });
  const socket = connectPlain(broker.port, '127.0.0.1');
  await once(socket, 'connect');
  const { localPort } = socket;
  // The beginning of a handshake record that says it has 512 bytes more.
  socket.end(Buffer.from('160301020001', 'hex'));
  await line(new RegExp(`No TLS with 127\\.0\\.0\\.1:${localPort}: the client ended the connection before`));
});

test('one line for each that fails, with the reason', async (t) => {
  const { broker, line, lines } = await start(t, { tls: own });
  const plain = connectPlain(broker.port, '127.0.0.1');
  plain.on('error', () => {});
  plain.write(frame(ApiVersions, 0, {}));
  await once(plain, 'close');
  await line(/No TLS with 127\.0\.0\.1:\d+: the client does not speak TLS/);
  const distrustful = connect({ host: '127.0.0.1', port: broker.port });
  await once(distrustful, 'error');
  await line(/No TLS with 127\.0\.0\.1:\d+: the client .*(trust|accept)/);
  assert.ok(await isServed(dial(broker)));
  assert.equal(lines.length, 2, lines.join('\n'));
});

test('closing does not wait for a handshake that nobody goes on with, and blames nobody', async (t) => {
  const { broker, lines } = await start(t, { tls: own });
  const socket = connectPlain(broker.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  // Answered, so the one before has been accepted.
  assert.ok(await isServed(dial(broker)));
  await Promise.all([broker.close(), once(socket, 'close')]);
  assert.deepEqual(lines, []);
});

test('options of TLS that cannot be are named', async () => {
  const attempt = (tls: NonNullable<BrokerOptions['tls']>) => startBroker({ port: 0, tls });
  await assert.rejects(attempt({ ...own, key: 'certs/broker.key' }), {
    code: 'INVALID_CONFIG',
    message: /^tls\.key is not PEM: .*not the path of one/,
  });
  await assert.rejects(attempt({ key: own.key } as typeof own), /^KlammError: tls\.cert is not PEM/);
  const other = await issueBroker({ name: 'CN=other', ips: ['127.0.0.1'], authority });
  await assert.rejects(
    attempt({ ...own, key: other.key }),
    /ssl\.keystore\.key: it holds a private key, but no certificate of it/,
  );
});
