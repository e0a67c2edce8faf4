// The properties of clients as a client.properties has them: all of Apache Kafka 4.3's producers, consumers and admins, by
// subject in the tables beside this one. Where the three have other defaults, the consumer's is told.

import { type ConfigTable, nearest } from '@klamm/base/config';
import { commonConfigs } from './common-configs.ts';
import { consumerConfigs } from './consumer-configs.ts';
import { producerConfigs } from './producer-configs.ts';
import { saslConfigs } from './sasl-configs.ts';
import { tlsConfigs } from './tls-configs.ts';

/** The tables by subject, in the order in which the reference has them. */
export const clientTables = {
  'All clients': commonConfigs,
  TLS: tlsConfigs,
  Logins: saslConfigs,
  Producers: producerConfigs,
  Consumers: consumerConfigs,
} as const;

const clientConfigs: ConfigTable = {
  ...commonConfigs,
  ...tlsConfigs,
  ...saslConfigs,
  ...producerConfigs,
  ...consumerConfigs,
};

/** The property that a name which is none was probably meant as; undefined where it is one, or nothing is near. */
export function meantProperty(name: string): string | undefined {
  return Object.hasOwn(clientConfigs, name) ? undefined : nearest(name, Object.keys(clientConfigs));
}
