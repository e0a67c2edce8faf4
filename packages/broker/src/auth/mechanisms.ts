// The SASL mechanisms of one listener, from its settings: who may log in by which, and where their passwords are.
//
// Read once, when the broker starts. Users of PLAIN are those of the listener's login settings (`user_NAME="password"`,
// Kafka's PlainServerCallbackHandler); those of SCRAM are looked up in the metadata when they come.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@klamm/base/clock';
import { listOf } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import type { SaslServer } from '@klamm/protocol/sasl/exchange';
import { parseJaas } from '@klamm/protocol/sasl/jaas';
import { oauthBearerServer } from '@klamm/protocol/sasl/oauth-bearer';
import { plainServer } from '@klamm/protocol/sasl/plain';
import { SCRAM_MECHANISMS, type ScramMechanism } from '@klamm/protocol/sasl/scram-keys';
import { type ScramAccount, scramServer } from '@klamm/protocol/sasl/scram-server';
import type { BrokerSettings } from '../config/settings.ts';
import type { ScramImage } from '../metadata/scram-image.ts';
import type { DelegationTokens } from './delegation-tokens.ts';
import { listenerTokens } from './oauth/listener-tokens.ts';

type Mechanisms = ReadonlyMap<string, () => SaslServer>;

/** Where those are who may log in. */
export interface LoginSources {
  readonly settings: BrokerSettings;
  readonly scram: ScramImage;
  readonly tokens: DelegationTokens;
  /** A secret that stays the same from start to start, from which salts of users that there are not are made. */
  readonly pepper: Buffer;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Throws KlammError INVALID_CONFIG where a mechanism is not known, or has nobody who could log in by it. */
export function mechanismsOf(sources: LoginSources, listener: string): Mechanisms {
  const { settings } = sources;
  const names = listOf(settings.forListener(listener, 'sasl.enabled.mechanisms') ?? '');
  const mechanisms = new Map<string, () => SaslServer>();
  for (const name of names) mechanisms.set(name, mechanismOf(sources, listener, name));
  if (mechanisms.size === 0) {
    throw invalid(`Listener ${listener} asks for a login, but sasl.enabled.mechanisms is empty.`);
  }
  return mechanisms;
}

function mechanismOf(sources: LoginSources, listener: string, name: string): () => SaslServer {
  switch (name) {
    case 'PLAIN': {
      const check = plainUsers(sources.settings, listener);
      return () => plainServer(check);
    }
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512': {
      const find = scramUsers(sources, name);
      return () => scramServer(name, { find, pepper: sources.pepper });
    }
    case 'OAUTHBEARER': {
      const judge = listenerTokens(sources.settings, listener, sources.clock, sources.logger);
      return () => oauthBearerServer(judge);
    }
    default:
      throw invalid(
        `Listener ${listener} asks for logins by ${name}, which Klamm does not have; set sasl.enabled.mechanisms to PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER.`,
      );
  }
}

function scramUsers({ scram, tokens }: LoginSources, mechanism: ScramMechanism) {
  return (name: string, isToken: boolean): ScramAccount | undefined | Promise<ScramAccount | undefined> => {
    if (isToken) return tokens.account(mechanism, name);
    const credential = scram.credential(name, SCRAM_MECHANISMS[mechanism].type);
    return credential && { credential, identity: { name, isTokenAuthenticated: false } };
  };
}

function plainUsers(settings: BrokerSettings, listener: string): (user: string, password: string) => boolean {
  const key = `listener.name.${listener.toLowerCase()}.plain.sasl.jaas.config`;
  const text = settings.forListener(listener, 'sasl.jaas.config', 'PLAIN');
  if (text === undefined) {
    throw invalid(
      `Listener ${listener} asks for logins by PLAIN, but nobody is a user: set ${key}, as in org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alices password";`,
    );
  }
  const digests = new Map<string, Buffer>();
  for (const [option, password] of parseJaas(text, key).options) {
    if (option.startsWith('user_')) digests.set(option.slice('user_'.length), digestOf(password));
  }
  const nobody = digestOf('');
  return (user, password) => {
    const known = digests.get(user);
    const isSame = timingSafeEqual(digestOf(password), known ?? nobody);
    return known !== undefined && isSame;
  };
}

/** Of one length, so that passwords are compared in constant time. */
function digestOf(password: string): Buffer {
  return createHash('sha256').update(password, 'utf8').digest();
}

function invalid(message: string): KlammError {
  return new KlammError(message, { code: 'INVALID_CONFIG', errorCode: 40, retriable: false });
}
