// What a listener asks of those who connect: a login by one of its mechanisms, or none.

import { createHash } from 'node:crypto';
import type { Clock } from '@klamm/base/clock';
import { messageOf } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import type { BrokerSettings } from '../config/settings.ts';
import type { Catalog } from '../metadata/catalog.ts';
import type { DelegationTokens } from './delegation-tokens.ts';
import { Login } from './login.ts';
import { mechanismsOf } from './mechanisms.ts';
import type { SecurityProtocol } from './security-protocol.ts';

/** Begins the login of a connection from `remote`; undefined where the listener asks for none. */
export function newLoginOf(
  listener: { readonly name: string; readonly protocol: SecurityProtocol },
  catalog: Catalog,
  tokens: DelegationTokens,
  clock: Clock,
  logger: Logger,
): ((remote: string) => Login) | undefined {
  const { name, protocol } = listener;
  if (protocol === 'PLAINTEXT' || protocol === 'SSL') return undefined;
  const { settings, image } = catalog;
  // Nobody is told a directory's id before a login, and it stays the same.
  const pepper = createHash('sha256').update(`${catalog.clusterId}/${catalog.directoryId}`).digest();
  const mechanismsBy = (given: BrokerSettings) =>
    mechanismsOf({ settings: given, scram: image.scram, tokens, pepper, clock, logger }, name);
  let mechanisms = mechanismsBy(settings);
  // Users and mechanisms may be altered while the broker runs; logins under way go on with those they began with.
  catalog.checkBrokerConfigs(async (proposed, names) => {
    if (!concern(names, name)) return null;
    try {
      mechanismsBy(proposed);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  });
  catalog.watchBrokerConfigs((names) => {
    if (concern(names, name)) mechanisms = mechanismsBy(settings);
  });
  const failedDelayMs = settings.number('connection.failed.authentication.delay.ms');
  const sessionMsOf = (mechanism: string): number =>
    Number(settings.forListener(name, 'connections.max.reauth.ms', mechanism));
  return (remote) => new Login({ mechanisms, sessionMsOf, failedDelayMs, clock, logger, remote });
}

/** Whether settings of logins are among those altered that hold for a listener. */
function concern(names: ReadonlySet<string>, listener: string): boolean {
  const prefix = `listener.name.${listener.toLowerCase()}.`;
  return [...names].some(
    (name) => name.startsWith('sasl.') || (name.startsWith(prefix) && name.includes('sasl.')),
  );
}
