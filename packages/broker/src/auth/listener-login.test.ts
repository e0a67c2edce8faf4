import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IncrementalAlterConfigs } from '@klamm/protocol/api/44-incremental-alter-configs';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { plainClient } from '@klamm/protocol/sasl/plain';
import { startBroker } from '../broker.ts';
import { RawClient } from '../testing/raw-client.ts';
import { logIn } from '../testing/sasl.ts';

const BROKER = 4;
const JAAS = 'listener.name.login.plain.sasl.jaas.config';
const plain = (users: string): string =>
  `org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`;

test('users who are altered while the broker runs log in from then on; settings that let nobody in are refused', async () => {
  await using broker = await startBroker({
    listeners: 'LOGIN://127.0.0.1:0,PLAINTEXT://127.0.0.1:0',
    config: {
      'listener.security.protocol.map': 'LOGIN:SASL_PLAINTEXT,PLAINTEXT:PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN',
      [JAAS]: plain('user_a="old"'),
    },
  });
  const portOf = (listener: string) => broker.endpoints.find(({ name }) => name === listener)?.port ?? 0;
  const admin = await RawClient.open('127.0.0.1', portOf('PLAINTEXT'));
  const alter = async (operation: number, value: string | null) => {
    const configs = [{ name: JAAS, configOperation: operation, value }];
    const resources = [{ resourceType: BROKER, resourceName: `${broker.nodeId}`, configs }];
    const { responses } = await admin.request(IncrementalAlterConfigs, 1, { resources });
    return responses[0]?.errorCode;
  };
  const login = async (user: string, password: string) => {
    const client = await RawClient.open('127.0.0.1', portOf('LOGIN'));
    const { errorCode } = await logIn(client, plainClient(user, password));
    client.close();
    return errorCode;
  };
  assert.equal(await login('a', 'old'), ErrorCode.NONE);
  assert.equal(await alter(0, plain('user_a="new" user_b="b"')), ErrorCode.NONE);
  assert.equal(await login('a', 'old'), ErrorCode.SASL_AUTHENTICATION_FAILED);
  assert.equal(await login('a', 'new'), ErrorCode.NONE);
  assert.equal(await login('b', 'b'), ErrorCode.NONE);
  assert.equal(await alter(0, 'nonsense'), ErrorCode.INVALID_REQUEST);
  assert.equal(await login('b', 'b'), ErrorCode.NONE);
  assert.equal(await alter(1, null), ErrorCode.NONE);
  assert.equal(await login('a', 'old'), ErrorCode.NONE);
  admin.close();
});
