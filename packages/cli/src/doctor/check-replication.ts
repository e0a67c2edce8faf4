// How many copies topics have, held against how many brokers there are.

import type { BrokerConfigName } from '@klamm/broker/config/broker';
import {
  brokerCount,
  type DeployedNode,
  type Deployment,
  given,
  inForce,
  isBroker,
  written,
} from './deployment.ts';
import type { Finding } from './finding.ts';

interface Rule {
  readonly factor: BrokerConfigName;
  readonly minIsr: BrokerConfigName;
  readonly topics: string;
  readonly without: string;
}

const RULES: readonly Rule[] = [
  {
    factor: 'default.replication.factor',
    minIsr: 'min.insync.replicas',
    topics: 'new topics',
    without: 'no topic can be created unless it says otherwise',
  },
  {
    factor: 'offsets.topic.replication.factor',
    minIsr: 'min.insync.replicas',
    topics: '__consumer_offsets',
    without: 'no consumer group works',
  },
  {
    factor: 'transaction.state.log.replication.factor',
    minIsr: 'transaction.state.log.min.isr',
    topics: '__transaction_state',
    without: 'no transaction works',
  },
  {
    factor: 'share.coordinator.state.topic.replication.factor',
    minIsr: 'share.coordinator.state.topic.min.isr',
    topics: '__share_group_state',
    without: 'no share group works',
  },
];

export function checkReplication(deployment: Deployment): Finding[] {
  const count = brokerCount(deployment);
  return deployment.nodes
    .filter(isBroker)
    .flatMap((node) => [
      ...RULES.flatMap((rule) => minIsrAbove(node, rule)),
      ...(count === undefined ? [] : RULES.flatMap((rule) => factorAbove(node, rule, count))),
      ...(count === undefined || count < 2 ? [] : oneCopy(node, count)),
    ]);
}

function factorAbove(node: DeployedNode, { factor, topics, without }: Rule, count: number): Finding[] {
  const copies = Number(inForce(node, factor));
  const entry = given(node, factor);
  // Who gives no roles runs Klamm, which is one node and takes these for what they can be.
  if (copies <= count || (entry === undefined && given(node, 'process.roles') === undefined)) return [];
  const brokers = count === 1 ? 'there is one broker' : `there are ${count} brokers`;
  const how = entry === undefined ? `${factor} is ${copies} unless it is given` : `${factor} is ${copies}`;
  return [
    {
      level: 'error',
      code: 'replication-factor',
      nodes: [node.name],
      places: [entry?.source ?? node.place],
      what: `${how}, and ${brokers}: with fewer brokers than that, ${topics} cannot be created, and ${without}.`,
      instead: written(node, factor, String(count)),
    },
  ];
}

function minIsrAbove(node: DeployedNode, { factor, minIsr, topics }: Rule): Finding[] {
  const least = Number(inForce(node, minIsr));
  const copies = Number(inForce(node, factor));
  const entry = given(node, minIsr) ?? given(node, factor);
  if (entry === undefined || least <= copies) return [];
  return [
    {
      level: 'error',
      code: 'min-isr',
      nodes: [node.name],
      places: [entry.source],
      what: `${minIsr} is ${least}, but ${topics} have only ${copies} ${copies === 1 ? 'copy' : 'copies'} (${factor}): nothing is ever written there with acks=all.`,
      instead: `${written(node, minIsr, String(Math.max(1, copies - 1)))}, or more copies`,
    },
  ];
}

/** Several brokers, and still one copy: a node that dies takes its topics along. */
function oneCopy(node: DeployedNode, count: number): Finding[] {
  // Share groups are young: who has none of them misses no copy of their topic.
  const single = RULES.filter(
    ({ factor }) =>
      Number(inForce(node, factor)) === 1 && (!factor.startsWith('share.') || given(node, factor)),
  );
  if (single.length === 0) return [];
  const names = single.map(({ topics }) => topics).join(', ');
  const copies = String(Math.min(3, count));
  return [
    {
      level: 'warning',
      code: 'one-replica',
      nodes: [node.name],
      places: [node.place],
      what: `There are ${count} brokers, but one copy of ${names}: what is on a node that dies is gone until it comes back, groups and transactions too.`,
      instead: single.map(({ factor }) => written(node, factor, copies)).join(', '),
    },
  ];
}
