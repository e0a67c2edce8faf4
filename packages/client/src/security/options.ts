// How a client proves who it is and whom it trusts: the options `tls` and `sasl`, and what is made of them.
//
// What is made of them hides its secrets: it shows none when it is printed.

import { inspect } from 'node:util';
import type { Logger } from '@klamm/base/logger';
import type { SaslClient } from '@klamm/protocol/sasl/exchange';
import { OAUTHBEARER } from '@klamm/protocol/sasl/oauth-bearer';
import { SCRAM_MECHANISMS } from '@klamm/protocol/sasl/scram-keys';
import type { BrokerAddress } from '../network/address.ts';
import { invalidOption } from '../option-checks.ts';

type Pem = string | Buffer;

/** A key store as a file or its bytes: PEM, PKCS12 or JKS, which is seen from the bytes. */
export interface StoreOptions {
  readonly path?: string;
  readonly bytes?: Buffer;
  readonly password?: string;
  /** Of the private key, where it has one of its own. Default: the store's. */
  readonly keyPassword?: string;
}

export interface TlsOptions {
  /** Who vouches for the brokers, in PEM. Default: what Node trusts. */
  readonly ca?: Pem | readonly Pem[];
  /** The same from a store. */
  readonly truststore?: StoreOptions;
  /** This client's certificate with those that vouch for it, and its private key, in PEM. */
  readonly cert?: Pem;
  readonly key?: Pem;
  /** Of the private key. */
  readonly passphrase?: string;
  /** Both from a store. */
  readonly keystore?: StoreOptions;
  /** The name that brokers' certificates have to have. Default: that of the address. */
  readonly servername?: string;
  /** `false` takes any broker for the right one, whoever it is. Default true. */
  readonly rejectUnauthorized?: boolean;
  /** `TLSv1.2` or `TLSv1.3`. Default: 1.2. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** As OpenSSL writes them. Default: Node's. */
  readonly ciphers?: string;
}

/** A token and what is known of it. */
export interface BearerToken {
  readonly value: string;
  /** When it expires, in ms since 1970. Default: what the token says of itself, where it is a JWT; else it is asked for at each login. */
  readonly expiresAtMs?: number;
  /** Sent beside it (KIP-342). */
  readonly extensions?: Readonly<Record<string, string>>;
}

type Password = string | (() => string | Promise<string>);

export type SaslOptions =
  | {
      /** In any case of letters. */
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' | (string & {});
      readonly username: string;
      /** Or where it comes from: asked at each login. */
      readonly password: Password;
      /** `username` and `password` are id and HMAC of a delegation token. SCRAM only. Default false. */
      readonly delegationToken?: boolean;
    }
  | {
      readonly mechanism: 'oauthbearer' | (string & {});
      /** Asked for a token when there is none, and before the last one expires. */
      readonly token: () => BearerToken | Promise<BearerToken>;
    }
  | {
      /** A mechanism of your own: its name, and a new exchange for each login. */
      readonly mechanism: string;
      readonly client: (broker: BrokerAddress) => SaslClient | Promise<SaslClient>;
    };

/** Makes the client's half of a login at a broker. */
export interface SaslLogin {
  readonly mechanism: string;
  start(broker: BrokerAddress): Promise<SaslClient>;
}

export interface SecuritySettings {
  readonly tls: TlsOptions | undefined;
  readonly sasl: SaslOptions | undefined;
}

/** Throws KlammError INVALID_CONFIG where an option is not what it has to be. */
export function securitySettings(
  tls: boolean | TlsOptions | undefined,
  sasl: SaslOptions | undefined,
  logger: Logger,
): SecuritySettings {
  const given = tls === true ? {} : tls === false ? undefined : tls;
  if (given !== undefined) checkTls(given, logger);
  if (sasl !== undefined) {
    checkSasl(sasl);
    if (given === undefined && sasl.mechanism.toUpperCase() === 'PLAIN') {
      logger.warn('The password goes over the network in the clear: `sasl` with PLAIN, and no `tls`.');
    }
  }
  return hidden({ tls: given, sasl });
}

function checkTls(tls: TlsOptions, logger: Logger): void {
  const { ca, truststore, cert, key, keystore } = tls;
  if (ca !== undefined && truststore !== undefined)
    throw invalidOption('Give `tls.ca` or `tls.truststore`, not both.');
  if (keystore !== undefined && (cert !== undefined || key !== undefined)) {
    throw invalidOption('Give `tls.cert` and `tls.key`, or `tls.keystore`, not both.');
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw invalidOption('`tls.cert` and `tls.key` belong together: give both, or neither.');
  }
  for (const [name, store] of Object.entries({ truststore, keystore })) {
    if (store !== undefined && (store.path === undefined) === (store.bytes === undefined)) {
      throw invalidOption(`\`tls.${name}\` needs \`path\` or \`bytes\`, one of them.`);
    }
  }
  if (tls.rejectUnauthorized === false) {
    logger.warn('`tls.rejectUnauthorized` is false: whoever stands between may read and change everything.');
  }
}

function checkSasl(sasl: SaslOptions): void {
  const mechanism = sasl.mechanism.toUpperCase();
  if ('client' in sasl) {
    requireFunction('sasl.client', sasl.client);
    return;
  }
  if ('token' in sasl) {
    requireFunction('sasl.token', sasl.token);
    if (mechanism === OAUTHBEARER) return;
    throw invalidOption(`\`sasl.token\` is for the mechanism oauthbearer, not "${sasl.mechanism}".`);
  }
  if (mechanism === OAUTHBEARER)
    throw invalidOption('`sasl` with oauthbearer needs `token`, a function that gives one.');
  if (mechanism !== 'PLAIN' && !Object.hasOwn(SCRAM_MECHANISMS, mechanism)) {
    throw invalidOption(
      `\`sasl.mechanism\` is "${sasl.mechanism}"; plain, scram-sha-256, scram-sha-512 and oauthbearer are known. For another, give \`sasl.client\`.`,
    );
  }
  if (typeof sasl.username !== 'string' || sasl.username === '' || sasl.password === undefined) {
    throw invalidOption(`\`sasl\` with ${sasl.mechanism} needs \`username\` and \`password\`.`);
  }
  if (sasl.delegationToken === true && mechanism === 'PLAIN')
    throw invalidOption('`sasl.delegationToken` is for scram-sha-256 and scram-sha-512, not for plain.');
}

function requireFunction(name: string, value: unknown): void {
  if (typeof value !== 'function')
    throw invalidOption(`\`${name}\` is a function that is called for each login, not a ${typeof value}.`);
}

/** Prints as what it is for, not what it holds. */
function hidden<T extends SecuritySettings>(settings: T): T {
  const shown = `{ tls: ${settings.tls === undefined ? 'no' : 'yes'}, sasl: ${settings.sasl?.mechanism ?? 'no'} }`;
  Object.defineProperty(settings, inspect.custom, { value: () => shown, enumerable: false });
  Object.defineProperty(settings, 'toJSON', { value: () => shown, enumerable: false });
  return settings;
}
