// The brokers that are measured: each started as its users start it, in a process of its own, on an empty directory.

import { startApacheKafka } from '../../tests/peers/apache-kafka.ts';
import type { Broker, BrokerOptions } from '../../tests/peers/broker.ts';
import { getJava } from '../../tests/peers/java.ts';
import { startKlamm } from '../../tests/peers/klamm.ts';

/** What kafka-server-start.sh gives its JVM. */
const SERVER_FLAGS = [
  '-Xms1g',
  '-Xmx1g',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
];

export const BROKERS = {
  klamm: (options = {}) => startKlamm(options),
  'klamm os': (options = {}) =>
    startKlamm({ ...options, settings: { ...options.settings, 'flush.policy': 'os' } }),
  'apache-kafka': async (options = {}) => startApacheKafka(await getJava(SERVER_FLAGS), options),
} as const satisfies Record<string, (options?: BrokerOptions) => Promise<Broker>>;

export type BrokerName = keyof typeof BROKERS;

export const VERSIONS = {
  klamm: '0.1.0, fdatasync before acks=all',
  'klamm os': '0.1.0, flush.policy=os',
  'apache-kafka': '4.3.1, default settings (no fsync), 1 GB heap',
  platformatic: '@platformatic/kafka 2.12.1',
  kafkajs: 'kafkajs 2.2.4',
  'franz-go': 'franz-go 1.22.2',
  librdkafka: 'librdkafka by confluent-kafka 2.16.1',
  node: process.version,
} as const;

export function addressOf(broker: Broker): { host: string; port: number } {
  const [host = '', port = ''] = broker.bootstrap.split(':');
  return { host, port: Number(port) };
}
