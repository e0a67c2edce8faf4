// Logins at a broker that answers what it is told to: refusals name what to do, and are final.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SaslHandshake } from '@klamm/protocol/api/17-sasl-handshake';
import { SaslAuthenticate } from '@klamm/protocol/api/36-sasl-authenticate';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { SaslClient } from '@klamm/protocol/sasl/exchange';
import { plainClient } from '@klamm/protocol/sasl/plain';
import { scramClient } from '@klamm/protocol/sasl/scram-client';
import { logIn, requireNoLogin } from './sasl-exchange.ts';

const address = { host: 'kafka.example', port: 9094 };

interface Script {
  readonly handshake?: { readonly errorCode: number; readonly mechanisms: readonly string[] };
  readonly answers?: readonly {
    errorCode?: number;
    errorMessage?: string;
    authBytes?: Buffer;
    lifetime?: number;
  }[];
}

/** A connection to a broker that follows a script; what was sent to it. */
function scripted({ handshake = { errorCode: 0, mechanisms: [] }, answers = [] }: Script) {
  const sent: string[] = [];
  const rest = [...answers];
  const request = async (api: { key: number }, body: { authBytes?: Buffer }): Promise<unknown> => {
    if (api.key === SaslHandshake.key) return handshake;
    assert.equal(api.key, SaslAuthenticate.key);
    sent.push(String(body.authBytes));
    const {
      errorCode = 0,
      errorMessage = null,
      authBytes = Buffer.alloc(0),
      lifetime = 0,
    } = rest.shift() ?? {};
    return { errorCode, errorMessage, authBytes, sessionLifetimeMs: lifetime };
  };
  return { connection: { address, request } as unknown as Parameters<typeof logIn>[0], sent };
}

const login = (client: SaslClient) => ({ mechanism: client.mechanism, start: async () => client });
const byPassword = () => login(plainClient('alice', 'secret'));

test('a login that succeeds says how long it holds', async () => {
  const { connection, sent } = scripted({ answers: [{ lifetime: 5000 }] });
  assert.equal(await logIn(connection, byPassword()), 5000);
  assert.deepEqual(sent, ['\0alice\0secret']);
});

for (const [what, script, expected] of [
  [
    'a mechanism that is not offered',
    { handshake: { errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms: ['SCRAM-SHA-256'] } },
    {
      code: 'UNSUPPORTED_SASL_MECHANISM',
      message: /takes no login by PLAIN; it offers SCRAM-SHA-256 \(`sasl\.mechanism`\)/,
    },
  ],
  [
    'a listener without logins',
    { handshake: { errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] } },
    { code: 'ILLEGAL_SASL_STATE', message: /asks for no login there: leave `sasl` out/ },
  ],
  [
    'a wrong password',
    { answers: [{ errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage: 'bad luck' }] },
    {
      code: 'SASL_AUTHENTICATION_FAILED',
      message: /^kafka\.example:9094 refuses the login by PLAIN: bad luck$/,
    },
  ],
  [
    'a refusal without a reason',
    { answers: [{ errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED }] },
    { code: 'SASL_AUTHENTICATION_FAILED', message: /refuses the login by PLAIN: ./ },
  ],
] satisfies [string, Script, object][]) {
  test(`${what}: final, and said`, async () => {
    const { connection } = scripted(script);
    await assert.rejects(logIn(connection, byPassword()), { ...expected, retriable: false });
  });
}

test('a broker that cannot prove that it knows the password is not talked to', async () => {
  const scram = scramClient('SCRAM-SHA-256', 'alice', 'secret');
  const said: string[] = [];
  const request = async (api: { key: number }, body: { authBytes?: Buffer }): Promise<unknown> => {
    if (api.key === SaslHandshake.key) return { errorCode: 0, mechanisms: [] };
    said.push(String(body.authBytes));
    const nonce = /r=([^,]+)/.exec(said[0] ?? '')?.[1];
    const salt = Buffer.from('salt').toString('base64');
    const answer = said.length === 1 ? `r=${nonce}more,s=${salt},i=4096` : 'v=AAAA';
    return { errorCode: 0, errorMessage: null, authBytes: Buffer.from(answer), sessionLifetimeMs: 0 };
  };
  const connection = { address, request } as unknown as Parameters<typeof logIn>[0];
  await assert.rejects(logIn(connection, login(scram)), {
    code: 'SASL_AUTHENTICATION_FAILED',
    retriable: false,
  });
  assert.match(said[1] ?? '', /p=/, 'the proof of the client was sent, and that of the broker judged');
});

test('a broker that goes in the middle of a login leaves its error as it is', async () => {
  const gone = Object.assign(new Error('gone'), { retriable: true });
  const request = async (api: { key: number }): Promise<unknown> => {
    if (api.key === SaslHandshake.key) return { errorCode: 0, mechanisms: [] };
    throw gone;
  };
  const connection = { address, request } as unknown as Parameters<typeof logIn>[0];
  await assert.rejects(logIn(connection, byPassword()), (error) => error === gone);
});

test('a client without a login learns that the listener wants one', async () => {
  const asks = scripted({
    handshake: { errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms: ['SCRAM-SHA-512'] },
  });
  await assert.rejects(requireNoLogin(asks.connection), {
    code: 'SASL_AUTHENTICATION_FAILED',
    message: /asks for a login by SCRAM-SHA-512, and this client has none: set the option `sasl`/,
  });
  const open = scripted({ handshake: { errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] } });
  await requireNoLogin(open.connection);
});
