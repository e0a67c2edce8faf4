// Which programs take part in the soak, and how each is started.

import { fileURLToPath } from 'node:url';
import type { Confluent } from '../peers/confluent.ts';
import type { Java } from '../peers/java.ts';
import {
  ACCOUNTS,
  COPY,
  GROUP,
  JAVA_COPY,
  JAVA_GROUP,
  LATEST,
  LEDGER,
  PARTITIONS,
  SESSION_TIMEOUT_MS,
  TRANSACTION_TIMEOUT_MS,
} from './plan.ts';
import type { ClientProgram } from './storm.ts';

export type GroupProtocol = 'classic' | 'consumer';

const MOVER = fileURLToPath(new URL('mover.ts', import.meta.url));
const COPIER = fileURLToPath(new URL('copier.ts', import.meta.url));
const TRANSFORMER = fileURLToPath(new URL('transformer.ts', import.meta.url));
const MOVER_PY = fileURLToPath(new URL('mover.py', import.meta.url));
const COPIER_PY = fileURLToPath(new URL('copier.py', import.meta.url));

export function klammMover(bootstrap: string): ClientProgram {
  return (name, incarnation, file) => ({
    command: process.execPath,
    args: [MOVER, bootstrap, name, `${incarnation}`, file],
  });
}

export function klammCopier(bootstrap: string, protocol: GroupProtocol): ClientProgram {
  return (name, incarnation, file) => ({
    command: process.execPath,
    args: [COPIER, bootstrap, name, `${incarnation}`, file, protocol],
  });
}

export function klammTransformer(bootstrap: string, protocol: GroupProtocol): ClientProgram {
  return (name, incarnation, file) => ({
    command: process.execPath,
    args: [TRANSFORMER, bootstrap, name, `${incarnation}`, file, protocol],
  });
}

export function confluentMover({ env }: Confluent, bootstrap: string): ClientProgram {
  const plan = [LEDGER, LATEST, `${PARTITIONS}`, `${ACCOUNTS}`, `${TRANSACTION_TIMEOUT_MS}`];
  return (name, incarnation, file) => ({
    command: 'python3',
    args: [MOVER_PY, bootstrap, name, `${incarnation}`, file, ...plan],
    env,
  });
}

export function confluentCopier(
  { env }: Confluent,
  bootstrap: string,
  protocol: GroupProtocol,
): ClientProgram {
  const plan = [LEDGER, COPY, GROUP, `${TRANSACTION_TIMEOUT_MS}`];
  const settings = {
    classic: [
      'partition.assignment.strategy=range',
      `session.timeout.ms=${SESSION_TIMEOUT_MS}`,
      'heartbeat.interval.ms=1000',
    ],
    consumer: ['group.protocol=consumer'],
  };
  return (name, incarnation, file) => ({
    command: 'python3',
    args: [COPIER_PY, bootstrap, name, `${incarnation}`, file, ...plan, ...settings[protocol]],
    env,
  });
}

/**
 * Apache Kafka's own copier, of its system tests. It prints what it does, and ends when a rebalance leaves it nothing to
 * do; so it has a group of its own.
 */
export function javaCopier(java: Java, bootstrap: string): ClientProgram {
  return (name) =>
    java.commandOf('org.apache.kafka.tools.TransactionalMessageCopier', [
      ...['--broker-list', bootstrap, '--transactional-id', name, '--consumer-group', JAVA_GROUP],
      ...['--input-topic', LEDGER, '--input-partition', '0', '--output-topic', JAVA_COPY],
      ...['--transaction-size', '50', '--transaction-timeout', `${TRANSACTION_TIMEOUT_MS}`],
      ...['--group-mode', '--use-group-metadata', '--enable-random-aborts'],
    ]);
}
