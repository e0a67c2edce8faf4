// The settings of a subscription to what clients measure (ClientMetricsConfigs of Apache Kafka 4.3, KIP-714). Klamm keeps
// and shows them, but asks clients for nothing.

import type { ConfigRow, ConfigTable } from '@klamm/base/config';

export const clientMetricsConfigs = {
  'interval.ms': {
    type: 'int',
    inert: true,
    default: '300000',
    min: 100,
    max: 3600000,
    doc: 'How often clients are to send what they measure, in ms.',
  },
  match: {
    type: 'list',
    inert: true,
    default: '',
    doc: 'Which clients are meant: client_id=PATTERN and the like, all of which have to hold.',
  },
  metrics: {
    type: 'list',
    inert: true,
    default: '',
    doc: 'Beginnings of the names of what they are to send; * for all.',
  },
} as const satisfies ConfigTable;

type ClientMetricsConfigName = keyof typeof clientMetricsConfigs;

export function isClientMetricsConfig(name: string): name is ClientMetricsConfigName {
  return Object.hasOwn(clientMetricsConfigs, name);
}

export const clientMetricsConfigRow = (name: ClientMetricsConfigName): ConfigRow =>
  clientMetricsConfigs[name];
