// From the option `sasl` to the client's half of a login. A token is kept for all connections of a client until most of
// its life is over; who asks meanwhile waits for the same answer.

import type { Clock } from '@klamm/base/clock';
import { type KlammError, messageOf } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { OAUTHBEARER, oauthBearerClient } from '@klamm/protocol/sasl/oauth-bearer';
import { plainClient } from '@klamm/protocol/sasl/plain';
import { scramClient } from '@klamm/protocol/sasl/scram-client';
import type { ScramMechanism } from '@klamm/protocol/sasl/scram-keys';
import type { BearerToken, SaslLogin, SaslOptions } from './options.ts';

/** How much of its life a token is used for, as Java's sasl.login.refresh.window.factor. */
const USED_SHARE = 0.8;

export function saslLogin(sasl: SaslOptions, clock: Clock): SaslLogin {
  const mechanism = sasl.mechanism.toUpperCase();
  if ('client' in sasl) {
    return { mechanism: sasl.mechanism, start: async (broker) => sasl.client(broker) };
  }
  if ('token' in sasl) {
    const tokens = new TokenCache(sasl.token, clock);
    return {
      mechanism: OAUTHBEARER,
      async start() {
        const { value, extensions } = await tokens.get();
        return oauthBearerClient(value, extensions);
      },
    };
  }
  const { username, password, delegationToken: isToken = false } = sasl;
  return {
    mechanism,
    async start() {
      const secret = await secretOf(password);
      return mechanism === 'PLAIN'
        ? plainClient(username, secret)
        : scramClient(mechanism as ScramMechanism, username, secret, { isToken });
    },
  };
}

async function secretOf(password: string | (() => string | Promise<string>)): Promise<string> {
  if (typeof password === 'string') return password;
  let given: string | undefined;
  try {
    given = await password();
  } catch (cause) {
    throw notGiven('`sasl.password`', cause);
  }
  if (typeof given === 'string') return given;
  throw nothingGiven('`sasl.password`', 'a text');
}

class TokenCache {
  readonly #ask: () => BearerToken | Promise<BearerToken>;
  readonly #clock: Clock;
  #token: BearerToken | undefined;
  #useUntil = 0;
  #asking: Promise<BearerToken> | undefined;

  constructor(ask: () => BearerToken | Promise<BearerToken>, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  get(): Promise<BearerToken> {
    const token = this.#token;
    if (token !== undefined && this.#clock.now() < this.#useUntil) return Promise.resolve(token);
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #renew(): Promise<BearerToken> {
    let token: BearerToken | undefined;
    try {
      token = await this.#ask();
    } catch (cause) {
      throw notGiven('`sasl.token`', cause);
    }
    if (typeof token?.value !== 'string') throw nothingGiven('`sasl.token`', '{ value }');
    const now = this.#clock.now();
    const expiresAt = token.expiresAtMs ?? expiryOf(token.value) ?? now;
    this.#token = token;
    this.#useUntil = now + (expiresAt - now) * USED_SHARE;
    return token;
  }
}

/** When a JWT says that it expires, in ms since 1970; undefined where it says nothing, or is none. */
function expiryOf(token: string): number | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof claims.exp === 'number' ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

function notGiven(option: string, cause: unknown): KlammError {
  return kafkaError(
    ErrorCode.SASL_AUTHENTICATION_FAILED,
    `There is nothing to log in with: ${option} threw ${messageOf(cause)}`,
    { cause },
  );
}

function nothingGiven(option: string, wanted: string): KlammError {
  return kafkaError(
    ErrorCode.SASL_AUTHENTICATION_FAILED,
    `There is nothing to log in with: ${option} did not give ${wanted}.`,
  );
}
