// Settings that may be given for one listener: `listener.name.external.ssl.keystore.location`; those of a login also for
// one SASL mechanism of it: `listener.name.external.plain.sasl.jaas.config` (ListenerName.configPrefix and
// saslMechanismConfigPrefix of Kafka). Names of listeners and mechanisms are in lower case there.

import type { saslConfigs } from './broker-sasl.ts';
import type { tlsConfigs } from './broker-tls.ts';

const SCOPE = /^listener\.name\.[a-z0-9_-]+\.(.+)$/;
const MECHANISM = /^(?:plain|scram-sha-256|scram-sha-512|oauthbearer|gssapi)\.(.+)$/;

/** Settings of limits that a listener may have of its own. */
const LIMITS = ['max.connections', 'max.connection.creation.rate'] as const;

export type ListenerConfigName = keyof typeof tlsConfigs | keyof typeof saslConfigs | (typeof LIMITS)[number];

/** The setting that a listener's own one stands for; undefined where the name is of no listener. */
export function unscoped(name: string): string | undefined {
  const rest = SCOPE.exec(name)?.[1];
  return rest === undefined ? undefined : (MECHANISM.exec(rest)?.[1] ?? rest);
}
