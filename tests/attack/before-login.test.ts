// Who has not logged in gets nothing but the way to a login, in whatever order and shape it is asked for.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { frame, RawClient } from '@klamm/broker/testing/raw-client';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { SaslHandshake } from '@klamm/protocol/api/17-sasl-handshake';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { SaslAuthenticate } from '@klamm/protocol/api/36-sasl-authenticate';
import { apis } from '@klamm/protocol/api/index';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { besiege, untilClosed } from './besieged.ts';

const { SASL_AUTHENTICATION_FAILED, ILLEGAL_SASL_STATE, UNSUPPORTED_SASL_MECHANISM } = ErrorCode;
const plain = (user: string, password: string): Buffer => Buffer.from(`\0${user}\0${password}`);
const ALICE = plain('alice', 'wonderland');

suite('before a login', { timeout: 120_000 }, () => {
  test('no API is answered but those of the login, in any version; nothing of a topic leaks', async () => {
    await using attacked = await besiege();
    await attacked.broker.createTopic('secret-topic');
    const allowed = new Set([ApiVersions.key, SaslHandshake.key, SaslAuthenticate.key]);
    for (const { key, versions } of apis) {
      if (allowed.has(key)) continue;
      for (let version = versions[0]; version <= versions[1]; version++) {
        const socket = await attacked.socket(attacked.sasl);
        const received: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => received.push(chunk));
        // A header is enough: it must not get as far as the body.
        const bytes = Buffer.alloc(64);
        bytes.writeInt32BE(60, 0);
        bytes.writeInt16BE(key, 4);
        bytes.writeInt16BE(version, 6);
        socket.write(bytes);
        await untilClosed(socket);
        assert.equal(Buffer.concat(received).length, 0, `API ${key} v${version} was answered`);
      }
    }
    await attacked.assertServes();
  });

  test('steps out of order are refused, and end the connection', async () => {
    await using attacked = await besiege();
    const open = (): Promise<RawClient> => RawClient.open('127.0.0.1', attacked.sasl);

    const early = await open();
    await assert.rejects(early.request(SaslAuthenticate, 2, { authBytes: ALICE }), /closed/, 'no handshake');

    const between = await open();
    await between.request(SaslHandshake, 1, { mechanism: 'PLAIN' });
    await assert.rejects(
      between.request(Metadata, 9, { topics: null }),
      /closed/,
      'in the middle of a login',
    );

    const twice = await open();
    await twice.request(SaslHandshake, 1, { mechanism: 'PLAIN' });
    await assert.rejects(twice.request(SaslHandshake, 1, { mechanism: 'PLAIN' }), /closed/, 'two handshakes');

    const unknown = await open();
    const { errorCode, mechanisms } = await unknown.request(SaslHandshake, 1, { mechanism: 'GSSAPI' });
    assert.deepEqual([errorCode, mechanisms], [UNSUPPORTED_SASL_MECHANISM, ['PLAIN', 'SCRAM-SHA-256']]);
    await assert.rejects(unknown.request(ApiVersions, 3, {}), /closed/, 'after a refused mechanism');

    const wrong = await open();
    await wrong.request(SaslHandshake, 1, { mechanism: 'PLAIN' });
    const refused = await wrong.request(SaslAuthenticate, 2, { authBytes: plain('alice', 'guess') });
    assert.equal(refused.errorCode, SASL_AUTHENTICATION_FAILED);
    await assert.rejects(
      wrong.request(SaslAuthenticate, 2, { authBytes: ALICE }),
      /closed/,
      'a second guess',
    );

    const inside = await open();
    await inside.request(SaslHandshake, 1, { mechanism: 'PLAIN' });
    assert.equal((await inside.request(SaslAuthenticate, 2, { authBytes: ALICE })).errorCode, 0);
    const again = await inside.request(SaslAuthenticate, 2, { authBytes: ALICE });
    assert.equal(again.errorCode, ILLEGAL_SASL_STATE, 'a token without a handshake, when logged in');
    inside.close();
    await attacked.assertServes();
  });

  test('what is sent behind a token is not looked at before the token is judged', async () => {
    await using attacked = await besiege();
    const client = await RawClient.open('127.0.0.1', attacked.sasl);
    await client.request(SaslHandshake, 1, { mechanism: 'PLAIN' });
    const wrong = client.send(frame(SaslAuthenticate, 2, { authBytes: plain('alice', 'guess') }));
    const behind = client.send(frame(Metadata, 9, { topics: null }));
    await wrong;
    await assert.rejects(behind, /closed/);
  });

  test('tokens without requests around them are judged as the others are', async () => {
    await using attacked = await besiege();
    const token = (bytes: Buffer): Buffer => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(bytes.length);
      return Buffer.concat([length, bytes]);
    };
    for (const bytes of [
      plain('alice', 'guess'),
      Buffer.alloc(0),
      Buffer.from('x'),
      frame(Metadata, 9, { topics: null }).subarray(4),
    ]) {
      const client = await RawClient.open('127.0.0.1', attacked.sasl);
      await client.request(SaslHandshake, 0, { mechanism: 'PLAIN' });
      await assert.rejects(client.send(token(bytes)), /closed/);
    }
    const client = await RawClient.open('127.0.0.1', attacked.sasl);
    await client.request(SaslHandshake, 0, { mechanism: 'PLAIN' });
    assert.equal((await client.send(token(ALICE))).length, 0);
    assert.ok((await client.request(Metadata, 9, { topics: null })).brokers.length > 0);
    client.close();
  });

  test('a message that is too large is refused by its length, before any of it is kept', async () => {
    await using attacked = await besiege({ 'sasl.server.max.receive.size': '4096' });
    const socket = await attacked.socket(attacked.sasl);
    const length = Buffer.alloc(4);
    length.writeInt32BE(4097);
    socket.write(length);
    await untilClosed(socket);
    assert.match(
      attacked.lines.join('\n'),
      /4097 bytes; 0 to 4096 are allowed \(sasl\.server\.max\.receive\.size/,
    );

    const large = await RawClient.open('127.0.0.1', attacked.sasl);
    await large.request(SaslHandshake, 1, { mechanism: 'SCRAM-SHA-256' });
    const long = Buffer.from(`n,,n=${'a'.repeat(3000)},r=${'b'.repeat(900)}`);
    assert.notEqual((await large.request(SaslAuthenticate, 2, { authBytes: long })).errorCode, undefined);
    large.close();
    await attacked.assertServes();
  });

  test('a wrong password and a user that there is not are answered in the same words', async () => {
    await using attacked = await besiege();
    const said = async (user: string): Promise<string | null> => {
      const client = await RawClient.open('127.0.0.1', attacked.sasl);
      await client.request(SaslHandshake, 1, { mechanism: 'PLAIN' });
      const { errorMessage } = await client.request(SaslAuthenticate, 2, {
        authBytes: plain(user, 'guess-7291'),
      });
      client.close();
      return errorMessage;
    };
    assert.equal(await said('alice'), await said('nobody'));
    assert.doesNotMatch(attacked.lines.join('\n'), /guess-7291|wonderland/, 'no password is in the log');
  });
});
