// What a listener takes for a token (`sasl.oauthbearer.…`): signed ones, checked with the keys of an identity provider, or,
// where the login settings ask for it in so many words, unsecured ones. Kafka's OAuthBearerValidatorCallbackHandler.
//
// Extensions of a login (KIP-342) are read and have no effect, as in Kafka without a validator of one's own.

import type { Clock } from '@klamm/base/clock';
import { listOf } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import { parseJaas } from '@klamm/protocol/sasl/jaas';
import type { BearerMessage, BearerVerdict } from '@klamm/protocol/sasl/oauth-bearer';
import type { ListenerConfigName } from '../../config/listener-scope.ts';
import type { BrokerSettings } from '../../config/settings.ts';
import { KeySet } from './key-set.ts';
import { keySetReader } from './key-set-source.ts';
import { judgeSignedToken } from './signed-token.ts';
import { unsecuredTokenJudge, wantsUnsecured } from './unsecured-token.ts';

type Judge = (message: BearerMessage) => Promise<BearerVerdict>;

/** Throws KlammError INVALID_CONFIG where no token could be judged. */
export function listenerTokens(
  settings: BrokerSettings,
  listener: string,
  clock: Clock,
  logger: Logger,
): Judge {
  const value = (name: ListenerConfigName): string =>
    settings.forListener(listener, name, 'OAUTHBEARER') ?? '';
  const url = value('sasl.oauthbearer.jwks.endpoint.url');
  if (url !== '') return signedTokens(url, value, clock, logger);
  const key = `listener.name.${listener.toLowerCase()}.oauthbearer.sasl.jaas.config`;
  const jaas = value('sasl.jaas.config');
  const options = jaas === '' ? undefined : parseJaas(jaas, key).options;
  if (options === undefined || !wantsUnsecured(options)) {
    throw new KlammError(
      `Listener ${listener} asks for logins by OAUTHBEARER, but has nothing to check tokens with: set sasl.oauthbearer.jwks.endpoint.url to where the keys of your identity provider are. (To try things out with tokens that nobody signed, set ${key} with an option such as unsecuredValidatorAllowableClockSkewMs="3000".)`,
      { code: 'INVALID_CONFIG', errorCode: 40, retriable: false },
    );
  }
  logger.warn(
    `Listener ${listener} takes tokens that nobody signed (unsecuredValidator… in ${key}): clients may call themselves what they like.`,
  );
  const judge = unsecuredTokenJudge(options, clock);
  return async ({ token }) => judge(token);
}

function signedTokens(
  url: string,
  value: (name: ListenerConfigName) => string,
  clock: Clock,
  logger: Logger,
): Judge {
  const keySet = new KeySet({
    name: url,
    read: keySetReader(url, clock),
    refreshMs: Number(value('sasl.oauthbearer.jwks.endpoint.refresh.ms')),
    retryBackoffMs: Number(value('sasl.oauthbearer.jwks.endpoint.retry.backoff.ms')),
    retryBackoffMaxMs: Number(value('sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms')),
    clock,
    logger,
  });
  const options = {
    keySet,
    clock,
    issuer: value('sasl.oauthbearer.expected.issuer') || undefined,
    audiences: listOf(value('sasl.oauthbearer.expected.audience')),
    clockSkewSeconds: Number(value('sasl.oauthbearer.clock.skew.seconds')),
    scopeClaim: value('sasl.oauthbearer.scope.claim.name'),
    subjectClaim: value('sasl.oauthbearer.sub.claim.name'),
  };
  // The first client finds them there, and the log says at start where they cannot be had.
  void keySet.keys();
  return ({ token }) => judgeSignedToken(token, options);
}
