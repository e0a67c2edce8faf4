// Many connections that want nothing but to be there: they cost little, are ended, and hold up nobody.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { besiege, untilClosed } from './besieged.ts';

const SOCKETS = 500;
/** More than ten times what so many idle connections took when this was written. */
const MEMORY_MAX = 256 * 1024 * 1024;

suite('a flood of connections', { timeout: 180_000 }, () => {
  test(`${SOCKETS} TLS handshakes that never end are ended, and others are served meanwhile`, async () => {
    await using attacked = await besiege();
    const before = process.memoryUsage.rss();
    // The first bytes of a ClientHello, and then nothing.
    const hello = Buffer.from('16030102000100', 'hex');
    const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => attacked.socket(attacked.tls)));
    for (const socket of sockets) socket.write(hello);
    await attacked.assertServes();
    assert.ok(process.memoryUsage.rss() - before < MEMORY_MAX);
    await Promise.all(sockets.map(untilClosed));
    await attacked.assertServes();
  });

  test(`${SOCKETS} logins that send a length and no more are not waited for by anybody`, async () => {
    await using attacked = await besiege();
    const before = process.memoryUsage.rss();
    const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => attacked.socket(attacked.sasl)));
    const length = Buffer.alloc(4);
    length.writeInt32BE(500_000);
    for (const socket of sockets) socket.write(length);
    await attacked.assertServes();
    assert.ok(
      process.memoryUsage.rss() - before < MEMORY_MAX,
      'nothing is set aside for what is only announced',
    );
    for (const socket of sockets) assert.ok(!socket.closed, 'they have their time');
  });

  test('more connections than one address may have are refused, and others come through when some have gone', async () => {
    await using attacked = await besiege({ 'max.connections.per.ip': '20' });
    const sockets: Socket[] = [];
    for (let i = 0; i < 20; i++) sockets.push(await attacked.socket(attacked.open));
    await untilClosed(await attacked.socket(attacked.sasl));
    assert.match(attacked.lines.join('\n'), /max\.connections\.per\.ip is reached/);
    // Closed on both sides, so that their places are free.
    const closed = sockets.map(untilClosed);
    for (const socket of sockets) socket.end();
    await Promise.all(closed);
    await attacked.assertServes();
  });

  test('a client that wants to shake hands again and again in one TLS 1.2 connection is not obeyed', async () => {
    await using attacked = await besiege();
    const socket = await new Promise<TLSSocket>((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: attacked.tls,
        ca: attacked.ca,
        maxVersion: 'TLSv1.2',
      } as const;
      const opened = connectTls(options, () => resolve(opened));
      opened.once('error', reject);
    });
    assert.equal(socket.getProtocol(), 'TLSv1.2');
    const outcome = await new Promise<string>((resolve) => {
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.renegotiate({}, (error) => resolve(error?.message ?? 'obeyed'));
    });
    assert.equal(outcome, 'ERR_SSL_NO_RENEGOTIATION');
    socket.destroy();
    await attacked.assertServes();
  });
});
