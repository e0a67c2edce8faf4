// The settings of one or several nodes as they were found, with the place of each, and, of containers, what surrounds
// them. Where they were read is not known here: a properties file, a compose file, variables and a live broker all
// become this.

import { listOf } from '@klamm/base/config';
import { type BrokerConfigName, brokerConfigRow } from '@klamm/broker/config/broker';
import type { SettingEntry } from '@klamm/broker/config/settings';

export interface Placed {
  readonly value: string;
  readonly place: string;
}

/** A port of a container that the machine it runs on passes on. */
export interface PublishedPort {
  /** Of the machine; empty for all of its addresses. */
  readonly host: string;
  readonly published: number;
  readonly target: number;
  readonly place: string;
}

export interface Mount {
  /** A folder or file of the machine; undefined for a volume of Docker's. */
  readonly from: string | undefined;
  readonly to: string;
}

export interface Container {
  readonly image: Placed | undefined;
  /** Names and addresses by which containers on the same network reach it. */
  readonly hosts: readonly string[];
  readonly networks: readonly string[];
  readonly ports: readonly PublishedPort[];
  readonly mounts: readonly Mount[];
  /** It has the machine's own network. */
  readonly isOnHostNetwork: boolean;
}

export interface DeployedNode {
  readonly name: string;
  /** Where its settings begin. */
  readonly place: string;
  /** As they were found; of several for one setting the first counts. `source` is the place. */
  readonly entries: readonly SettingEntry[];
  /** Variables that are no settings. */
  readonly variables: ReadonlyMap<string, Placed>;
  /** Undefined where it runs on a machine itself. */
  readonly container: Container | undefined;
}

export interface Deployment {
  readonly nodes: readonly DeployedNode[];
  /** These are all nodes there are: true of a compose file, or several files. */
  readonly isWhole: boolean;
  /** Reads a file that a setting of a node names; undefined where it is not on this machine. */
  readonly read: (node: DeployedNode, path: string) => Buffer | undefined;
  /** ms since 1970. */
  readonly now: number;
}

/** The given value of a setting; undefined where none was given. */
export function given(node: DeployedNode, name: string): SettingEntry | undefined {
  return node.entries.find((entry) => entry.name === name && entry.problem === undefined);
}

/** The value in force: what was given, what the image gives, or the default. */
export function inForce(node: DeployedNode, name: BrokerConfigName): string {
  const own = given(node, name)?.value.trim();
  return own ?? imageDefault(node, name) ?? brokerConfigRow(name).default ?? '';
}

export const listValue = (node: DeployedNode, name: BrokerConfigName): string[] =>
  listOf(inForce(node, name));

/** As `listener.name.LISTENER.KEY`, or the key itself. */
export function scopedEntry(
  node: DeployedNode,
  listener: string,
  name: string,
  mechanism?: string,
): SettingEntry | undefined {
  const prefix = `listener.name.${listener.toLowerCase()}.`;
  const scoped = mechanism === undefined ? undefined : `${prefix}${mechanism.toLowerCase()}.${name}`;
  return (
    (scoped === undefined ? undefined : given(node, scoped)) ??
    given(node, prefix + name) ??
    given(node, name)
  );
}

/** How the setting is written where this one's are: as a variable of its image, or by its name. */
export function written(node: DeployedNode, name: string, value: string): string {
  const isVariables = node.container !== undefined || node.place === ENVIRONMENT;
  if (!isVariables) return `${name}=${value}`;
  const prefix = node.entries.some(({ source }) => source.includes('KAFKA_CFG_')) ? 'KAFKA_CFG_' : 'KAFKA_';
  const variable = name.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_').toUpperCase();
  return `${prefix}${variable}=${value}`;
}

/** The place of settings that are this process's own variables. */
export const ENVIRONMENT = 'environment';

export const isBitnami = (node: DeployedNode): boolean =>
  /(^|\/)bitnami(legacy)?\/kafka(:|@|$)/.test(node.container?.image?.value ?? '');

export const isApacheImage = (node: DeployedNode): boolean =>
  /(^|\/)apache\/kafka(-native)?(:|@|$)/.test(node.container?.image?.value ?? '');

/** The image bitnami/kafka begins with the server.properties that Apache Kafka ships, for one node. */
const BITNAMI_DEFAULTS: Readonly<Record<string, string>> = {
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  'log.dirs': '/bitnami/kafka/data',
};

const imageDefault = (node: DeployedNode, name: string): string | undefined =>
  isBitnami(node) ? BITNAMI_DEFAULTS[name] : undefined;

/** True where it is a broker, not only a controller. */
export function isBroker(node: DeployedNode): boolean {
  const roles = given(node, 'process.roles');
  return roles === undefined || listOf(roles.value).includes('broker');
}

export const isController = (node: DeployedNode): boolean =>
  listOf(given(node, 'process.roles')?.value ?? '').includes('controller');

/** How many brokers there are; undefined where these settings do not tell. */
export function brokerCount(deployment: Deployment): number | undefined {
  const brokers = deployment.nodes.filter(isBroker).length;
  if (deployment.isWhole) return brokers;
  const [node] = deployment.nodes;
  if (node === undefined || !isController(node)) return undefined;
  const voters = listOf(given(node, 'controller.quorum.voters')?.value ?? '');
  return voters.length === 1 ? 1 : undefined;
}
