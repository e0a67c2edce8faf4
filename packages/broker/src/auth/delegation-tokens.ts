// The secrets of delegation tokens, and logins by them (KIP-48; Kafka's DelegationTokenManager and DelegationTokenCache).
//
// A token's secret is the HMAC-SHA-512 of its id by `delegation.token.secret.key`, so it is stored nowhere; its password in
// a login by SCRAM is that secret in base64. What SCRAM makes of it is worked out at the first login, and kept as long
// as the token is.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock, Timer } from '@klamm/base/clock';
import { messageOf } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import {
  credentialOf,
  SCRAM_ITERATIONS_MIN,
  type ScramCredential,
  type ScramMechanism,
  saltedPassword,
} from '@klamm/protocol/sasl/scram-keys';
import type { ScramAccount } from '@klamm/protocol/sasl/scram-server';
import type { Catalog } from '../metadata/catalog.ts';
import { expiredTokenRecords, isExpired, type TokenLimits } from '../metadata/token-changes.ts';
import type { DelegationToken } from '../metadata/token-image.ts';

const SALT_BYTES = 16;

export class DelegationTokens {
  readonly limits: TokenLimits;
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  readonly #secretKey: string;
  readonly #sweeping: Timer | undefined;
  readonly #hmacs = new Map<string, Buffer>();
  readonly #credentials = new Map<string, Promise<ScramCredential>>();

  constructor(catalog: Catalog, clock: Clock, logger: Logger) {
    const { settings } = catalog;
    this.#catalog = catalog;
    this.#clock = clock;
    this.#secretKey = settings.text('delegation.token.secret.key');
    this.limits = {
      maxLifetimeMs: settings.number('delegation.token.max.lifetime.ms'),
      expiryTimeMs: settings.number('delegation.token.expiry.time.ms'),
    };
    if (!this.isEnabled) return;
    const intervalMs = settings.number('delegation.token.expiry.check.interval.ms');
    this.#sweeping = clock.every(intervalMs, () => {
      this.sweep().catch((error: unknown) =>
        logger.error(`Expired delegation tokens cannot be removed: ${messageOf(error)}`),
      );
    });
  }

  /** Without a secret key there are none. */
  get isEnabled(): boolean {
    return this.#secretKey !== '';
  }

  hmacOf(tokenId: string): Buffer {
    return createHmac('sha512', this.#secretKey).update(tokenId, 'utf8').digest();
  }

  /** The token with this secret. */
  withHmac(hmac: Buffer): DelegationToken | undefined {
    for (const token of this.#catalog.image.tokens.all()) {
      const own = this.#hmacs.get(token.tokenId) ?? this.hmacOf(token.tokenId);
      this.#hmacs.set(token.tokenId, own);
      if (own.length === hmac.length && timingSafeEqual(own, hmac)) return token;
    }
    return undefined;
  }

  /** For a login by SCRAM with `tokenId` as the user. */
  async account(mechanism: ScramMechanism, tokenId: string): Promise<ScramAccount | undefined> {
    const token = this.isEnabled ? this.#catalog.image.tokens.get(tokenId) : undefined;
    if (token === undefined || isExpired(token, this.#clock.now())) return undefined;
    const key = `${mechanism}:${tokenId}`;
    let credential = this.#credentials.get(key);
    if (credential === undefined) {
      credential = this.#credential(mechanism, tokenId);
      this.#credentials.set(key, credential);
    }
    const identity = {
      name: token.owner.slice(token.owner.indexOf(':') + 1),
      isTokenAuthenticated: true,
      expiresAtMs: token.expirationTimestamp,
    };
    return { credential: await credential, identity };
  }

  async #credential(mechanism: ScramMechanism, tokenId: string): Promise<ScramCredential> {
    const salt = randomBytes(SALT_BYTES);
    const password = this.hmacOf(tokenId).toString('base64');
    const salted = await saltedPassword(mechanism, password, salt, SCRAM_ITERATIONS_MIN);
    return credentialOf(mechanism, salted, salt, SCRAM_ITERATIONS_MIN);
  }

  /** Removes expired tokens, and what was worked out for tokens that are gone. */
  async sweep(): Promise<void> {
    await this.#catalog.change(({ tokens }) => ({
      records: expiredTokenRecords(tokens, this.#clock.now()),
      result: undefined,
    }));
    const { tokens } = this.#catalog.image;
    for (const tokenId of this.#hmacs.keys()) {
      if (tokens.get(tokenId) === undefined) this.#hmacs.delete(tokenId);
    }
    for (const key of this.#credentials.keys()) {
      if (tokens.get(key.slice(key.indexOf(':') + 1)) === undefined) this.#credentials.delete(key);
    }
  }

  close(): void {
    this.#sweeping?.cancel();
  }
}
