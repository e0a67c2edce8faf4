// What is wrong with settings that are right each by itself (KafkaConfig.validateValues of Apache Kafka 4.3).

import type { BrokerConfigName } from './broker.ts';

/** The least a setting may be beside another, and whether it has to be more than that. */
const ORDERED: readonly (readonly [less: BrokerConfigName, isStrict: boolean, more: BrokerConfigName])[] = [
  ['group.min.session.timeout.ms', false, 'group.max.session.timeout.ms'],
  ['group.consumer.heartbeat.interval.ms', true, 'group.consumer.session.timeout.ms'],
  ['group.consumer.min.heartbeat.interval.ms', false, 'group.consumer.max.heartbeat.interval.ms'],
  ['group.consumer.min.session.timeout.ms', false, 'group.consumer.max.session.timeout.ms'],
  ['log.cleaner.min.compaction.lag.ms', false, 'log.cleaner.max.compaction.lag.ms'],
];

interface Values {
  number(name: BrokerConfigName): number;
  text(name: BrokerConfigName): string;
}

/** A sentence for each, by the names of the settings. */
export function problemsTogether(settings: Values): string[] {
  const problems: string[] = [];
  const told = (name: BrokerConfigName): string => `${name} (${settings.text(name)})`;
  for (const [less, isStrict, more] of ORDERED) {
    const [low, high] = [settings.number(less), settings.number(more)];
    if (low < high || (low === high && !isStrict)) continue;
    problems.push(`${told(less)} has to be ${isStrict ? 'less than' : 'at most'} ${told(more)}`);
  }
  const queued = settings.number('queued.max.request.bytes');
  if (queued > 0 && queued < settings.number('socket.request.max.bytes')) {
    problems.push(
      `${told('queued.max.request.bytes')} has to be at least ${told('socket.request.max.bytes')}`,
    );
  }
  const idleMs = settings.number('connections.max.idle.ms');
  if (idleMs > 0 && settings.number('connection.failed.authentication.delay.ms') >= idleMs) {
    problems.push(
      `${told('connection.failed.authentication.delay.ms')} has to be less than ${told('connections.max.idle.ms')}`,
    );
  }
  const letsNobodyIn =
    settings.number('max.connections.per.ip') === 0 &&
    settings.text('max.connections.per.ip.overrides').trim() === '';
  if (letsNobodyIn) {
    problems.push('max.connections.per.ip is 0, and max.connections.per.ip.overrides lets nobody in');
  }
  return problems;
}
