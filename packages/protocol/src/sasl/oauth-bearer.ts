// OAUTHBEARER (RFC 7628): a token in one message, with extensions behind it (KIP-342). What the token says, and whether
// it is to be believed, is for others. Kafka's OAuthBearerSaslClient, OAuthBearerSaslServer and
// OAuthBearerClientInitialResponse fix the behaviour.

import { ErrorCode, kafkaError } from '../error-codes.ts';
import { failed, type SaslClient, type SaslIdentity, type SaslServer, type SaslStep } from './exchange.ts';

export const OAUTHBEARER = 'OAUTHBEARER';
/** Separates the parts of the message. */
const SEPARATOR = '\x01';
/** What RFC 7628 has a broker answer; whoever writes the token knows more of it. */
const INVALID_TOKEN = '{"status":"invalid_token"}';
const EXTENSION_KEY = /^[A-Za-z]+$/;
const EXTENSION_VALUE = /^[\x21-\x7e \t\r\n]+$/;
/** RFC 6750: what a token is written in. */
const TOKEN = /^[-_~+/.a-zA-Z0-9]+=*$/;

export function oauthBearerClient(
  token: string,
  extensions: Readonly<Record<string, string>> = {},
): SaslClient {
  const bad = Object.entries(extensions).find(
    ([key, value]) => key === 'auth' || !EXTENSION_KEY.test(key) || !EXTENSION_VALUE.test(value),
  );
  if (bad !== undefined || !TOKEN.test(token)) {
    const what = bad === undefined ? 'The token' : `The extension "${bad[0]}"`;
    throw kafkaError(
      ErrorCode.SASL_AUTHENTICATION_FAILED,
      `${what} has characters that ${OAUTHBEARER} cannot carry.`,
    );
  }
  const extra = Object.entries(extensions).map(([key, value]) => `${SEPARATOR}${key}=${value}`);
  const message = `n,,${SEPARATOR}auth=Bearer ${token}${extra.join('')}${SEPARATOR}${SEPARATOR}`;
  let answered = false;
  return {
    mechanism: OAUTHBEARER,
    next(challenge) {
      if (challenge === null) return Buffer.from(message);
      // A broker that refuses says why, in JSON, and waits for this one byte before it ends the login.
      if (challenge.length === 0 || answered) return null;
      answered = true;
      return Buffer.from(SEPARATOR);
    },
  };
}

export interface BearerMessage {
  readonly token: string;
  readonly authorizationId: string;
  readonly extensions: ReadonlyMap<string, string>;
}

/** undefined where the bytes are no such message. */
export function readBearerMessage(bytes: Buffer): BearerMessage | undefined {
  const text = bytes.toString('utf8');
  const at = text.indexOf(SEPARATOR);
  const header = /^n,(?:a=([^,]*))?,$/.exec(text.slice(0, Math.max(at, 0)));
  const body = text.slice(at + 1, -2);
  if (header === null || text.length < at + 3 || !text.endsWith(SEPARATOR + SEPARATOR)) return undefined;
  const [, authorizationId = ''] = header;
  const extensions = new Map<string, string>();
  let token: string | undefined;
  for (const pair of body.split(SEPARATOR)) {
    const at = pair.indexOf('=');
    const [key, value] = [pair.slice(0, Math.max(at, 0)), pair.slice(at + 1)];
    if (key === 'auth') token = /^bearer +(\S+)$/i.exec(value)?.[1];
    else if (EXTENSION_KEY.test(key) && EXTENSION_VALUE.test(value)) extensions.set(key, value);
    else return undefined;
  }
  if (token === undefined || !TOKEN.test(token)) return undefined;
  return { token, authorizationId, extensions };
}

/** Whether a token is good, and for whom; else why not, for people. */
export type BearerVerdict = { readonly identity: SaslIdentity } | { readonly reason: string };

export function oauthBearerServer(validate: (message: BearerMessage) => Promise<BearerVerdict>): SaslServer {
  let isOver = false;
  let refusal: SaslStep | undefined;
  return {
    mechanism: OAUTHBEARER,
    async evaluate(response) {
      // The client has read why it is refused, and says so by one byte.
      if (refusal !== undefined) return refusal;
      if (isOver) return failed('a message came after the login');
      isOver = true;
      const message = readBearerMessage(response);
      if (message === undefined) return failed('the message is not of OAUTHBEARER');
      const verdict = await validate(message);
      if ('reason' in verdict) {
        refusal = failed(verdict.reason, INVALID_TOKEN);
        return { kind: 'continues', challenge: Buffer.from(INVALID_TOKEN) };
      }
      const { authorizationId } = message;
      if (authorizationId !== '' && authorizationId !== verdict.identity.name) {
        return failed(`"${verdict.identity.name}" asked to act as "${authorizationId}"`);
      }
      return { kind: 'done', challenge: Buffer.alloc(0), identity: verdict.identity };
    },
  };
}
