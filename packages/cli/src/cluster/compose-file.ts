// A cluster as a compose file, with the image that Apache Kafka maintains (KIP-975). Its settings are those of nodes on one
// machine, but for where they listen; secrets stand in a file beside it. Voters are fixed, because the image formats its
// directory without naming them.

import { stringify } from 'yaml';
import type { ClusterPlan, NodePlan } from './cluster-plan.ts';
import { isLocal, type NodeFiles, type NodePlace, nodeSettings } from './node-settings.ts';

const IMAGE = 'apache/kafka:4.3.1';
const INTERNAL_PORT = 9092;
const CONTROLLER_PORT = 9093;
const EXTERNAL_PORT = 9094;
const DATA = '/var/lib/kafka/data';
const SECRETS = '/etc/kafka/secrets';
export const COMPOSE_FILE = 'compose.yml';
export const SECRETS_FILE = 'secrets.env';

const SECRET_SETTING = /password|jaas\.config$/;

type Secrets = Pick<NodeFiles, 'storePassword' | 'userPassword'>;

/** What compose.yml says. It holds no secret. */
export function composeText(plan: ClusterPlan, secrets: Secrets): string {
  const services = plan.nodes.map((node) => [service(node), serviceOf(plan, node, secrets)]);
  const volumes = plan.nodes.map((node) => [service(node), {}]);
  return stringify(
    { services: Object.fromEntries(services), volumes: Object.fromEntries(volumes) },
    { lineWidth: 0 },
  );
}

/** What its env_file says: what is a secret of the settings, the same for every node. */
export function secretsText(plan: ClusterPlan, secrets: Secrets): string {
  const [node] = plan.nodes;
  if (node === undefined) return '';
  const [, hidden] = split(settingsOf(plan, node, secrets));
  return hidden.map(([name, value]) => `${name}='${value}'\n`).join('');
}

function serviceOf(plan: ClusterPlan, node: NodePlan, secrets: Secrets): object {
  const [shown] = split(settingsOf(plan, node, secrets));
  const published = `${node.externalPort}:${EXTERNAL_PORT}`;
  return {
    image: IMAGE,
    hostname: service(node),
    restart: 'unless-stopped',
    environment: {
      CLUSTER_ID: plan.clusterId,
      KAFKA_HEAP_OPTS: `-Xmx${plan.heapMb}m`,
      ...Object.fromEntries(shown),
    },
    env_file: SECRETS_FILE,
    ports: [isLocal(plan.host) ? `127.0.0.1:${published}` : published],
    volumes: [
      `${service(node)}:${DATA}`,
      `./certs/node-${node.id}.p12:${SECRETS}/node.p12:ro`,
      `./certs/truststore.p12:${SECRETS}/truststore.p12:ro`,
    ],
  };
}

function settingsOf(plan: ClusterPlan, node: NodePlan, secrets: Secrets): Record<string, string> {
  const files = {
    dataDirectory: DATA,
    keystore: `${SECRETS}/node.p12`,
    truststore: `${SECRETS}/truststore.p12`,
    ...secrets,
  };
  return nodeSettings(plan, node, files, containerPlace(plan, node));
}

function containerPlace({ host, nodes }: ClusterPlan, node: NodePlan): NodePlace {
  const voters = nodes.map((each) => `${each.id}@${service(each)}:${CONTROLLER_PORT}`);
  return {
    listeners: `INTERNAL://:${INTERNAL_PORT},EXTERNAL://:${EXTERNAL_PORT},CONTROLLER://:${CONTROLLER_PORT}`,
    advertised: `INTERNAL://${service(node)}:${INTERNAL_PORT},EXTERNAL://${host}:${node.externalPort}`,
    quorum: { 'controller.quorum.voters': voters.join(',') },
  };
}

type Variables = (readonly [string, string])[];

/** As variables of the image: those for all to see, and the secrets. */
function split(settings: Readonly<Record<string, string>>): [Variables, Variables] {
  const all = Object.entries(settings).map(([key, value]) => ({
    key,
    pair: [variable(key), value] as const,
  }));
  const isSecret = ({ key }: { key: string }): boolean => SECRET_SETTING.test(key);
  return [
    all.filter((each) => !isSecret(each)).map(({ pair }) => pair),
    all.filter(isSecret).map(({ pair }) => pair),
  ];
}

/** How the image is told a setting: dots become one underscore, dashes two, underscores three. */
function variable(setting: string): string {
  const name = setting.replaceAll('_', '___').replaceAll('-', '__').replaceAll('.', '_');
  return `KAFKA_${name.toUpperCase()}`;
}

const service = ({ id }: NodePlan): string => `kafka-${id}`;
