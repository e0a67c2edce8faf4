// server.properties of one node of a cluster: broker and controller, everything threefold where there are three. Listeners
// are those that a cluster wants: INTERNAL for the nodes themselves, EXTERNAL with TLS and a login for clients, CONTROLLER
// for the quorum.

import { propertyLine } from '@klamm/base/properties';
import { writeJaas } from '@klamm/protocol/sasl/jaas';
import type { ClusterPlan, NodePlan } from './cluster-plan.ts';

/** Replicas that a partition has, and those that have to have a record before it is acknowledged. */
const REPLICAS_MAX = 3;
const LOOPBACK = '127.0.0.1';

export interface NodeFiles {
  readonly dataDirectory: string;
  readonly keystore: string;
  readonly truststore: string;
  /** Of the stores. */
  readonly storePassword: string;
  /** Of the plan's user. */
  readonly userPassword: string;
}

/** Where a node listens, and where the others find it. */
export interface NodePlace {
  readonly listeners: string;
  readonly advertised: string;
  /** Who the controllers are. */
  readonly quorum: Readonly<Record<string, string>>;
}

/** All on this machine, each with ports of its own; who votes is a matter of the quorum itself (KIP-853). */
export function localPlace({ host, nodes }: ClusterPlan, node: NodePlan): NodePlace {
  const internal = `INTERNAL://${LOOPBACK}:${node.internalPort}`;
  const controller = `CONTROLLER://${LOOPBACK}:${node.controllerPort}`;
  return {
    listeners: `${internal},EXTERNAL://${isLocal(host) ? LOOPBACK : '0.0.0.0'}:${node.externalPort},${controller}`,
    advertised: `${internal},EXTERNAL://${host}:${node.externalPort},${controller}`,
    quorum: {
      'controller.quorum.bootstrap.servers': nodes
        .map(({ controllerPort }) => `${LOOPBACK}:${controllerPort}`)
        .join(','),
    },
  };
}

export const isLocal = (host: string): boolean => host === LOOPBACK || host === 'localhost';

/** Settings by name, in the order in which they are written. */
export function nodeSettings(
  plan: ClusterPlan,
  node: NodePlan,
  files: NodeFiles,
  place = localPlace(plan, node),
): Record<string, string> {
  const replicas = `${Math.min(plan.nodes.length, REPLICAS_MAX)}`;
  const inSync = plan.nodes.length >= REPLICAS_MAX ? '2' : '1';
  return {
    'process.roles': 'broker,controller',
    'node.id': `${node.id}`,
    'controller.listener.names': 'CONTROLLER',
    ...place.quorum,
    listeners: place.listeners,
    'advertised.listeners': place.advertised,
    'listener.security.protocol.map': 'INTERNAL:PLAINTEXT,EXTERNAL:SASL_SSL,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL',
    'log.dirs': files.dataDirectory,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.external.plain.sasl.jaas.config': jaas('plain.PlainLoginModule', [
      [`user_${plan.user}`, files.userPassword],
    ]),
    'listener.name.external.scram-sha-256.sasl.jaas.config': jaas('scram.ScramLoginModule', []),
    'listener.name.external.scram-sha-512.sasl.jaas.config': jaas('scram.ScramLoginModule', []),
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': files.keystore,
    'ssl.keystore.password': files.storePassword,
    'ssl.truststore.type': 'PKCS12',
    'ssl.truststore.location': files.truststore,
    'ssl.truststore.password': files.storePassword,
  };
}

/** client.properties of the plan's user, as Java's clients, kcat (`-F`) and `klamm --command-config` read them. */
export function clientSettings(
  plan: ClusterPlan,
  bootstrap: string,
  authority: string,
  password: string,
): Record<string, string> {
  return {
    'bootstrap.servers': bootstrap,
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'PLAIN',
    'sasl.jaas.config': jaas('plain.PlainLoginModule', [
      ['username', plan.user],
      ['password', password],
    ]),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authority,
  };
}

/** As the text of a properties file. */
export function propertiesText(settings: Readonly<Record<string, string>>, about: string): string {
  const lines = Object.entries(settings).map(([key, value]) => propertyLine(key, value));
  return `# ${about}\n${lines.join('\n')}\n`;
}

const jaas = (module: string, options: readonly (readonly [string, string])[]): string =>
  `org.apache.kafka.common.security.${writeJaas(module, options)}`;
