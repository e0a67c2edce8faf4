// The listener that brokers talk to each other on. A broker uses it too where it is the only one: it ends transactions
// of its own partitions through it.

import { KlammError } from '@klamm/base/errors';
import { parseJaas } from '@klamm/protocol/sasl/jaas';
import {
  type DeployedNode,
  type Deployment,
  given,
  inForce,
  isBitnami,
  isBroker,
  listValue,
  scopedEntry,
  written,
} from './deployment.ts';
import type { Finding } from './finding.ts';
import {
  addressesOf,
  interBrokerListener,
  isSasl,
  listenersOf,
  type NodeListener,
} from './node-listeners.ts';

const NAME = 'inter.broker.listener.name';

export function checkInterBroker({ nodes }: Deployment): Finding[] {
  return nodes.filter(isBroker).flatMap((node) => {
    const listener = interBrokerListener(node);
    if (listener === undefined) return absent(node);
    return [...notForBrokers(node, listener), ...(isSasl(listener) ? login(node, listener) : [])];
  });
}

function about(node: DeployedNode): { nodes: string[]; places: string[] } {
  return { nodes: [node.name], places: [given(node, NAME)?.source ?? node.place] };
}

/** The listener that brokers should rather use: one inside, without a login if there is one. */
function better(node: DeployedNode, than?: NodeListener): NodeListener | undefined {
  const all = listenersOf(node).filter(
    ({ isController, name, advertised }) => !isController && name !== than?.name && advertised !== undefined,
  );
  const isInside = ({ advertised }: NodeListener): boolean =>
    node.container?.hosts.includes(advertised?.host ?? '') ?? true;
  const simple = all.filter((listener) => !isSasl(listener));
  return simple.find(isInside) ?? all.find(isInside);
}

function absent(node: DeployedNode): Finding[] {
  const named = given(node, NAME);
  const protocol = given(node, 'security.inter.broker.protocol')?.value ?? 'PLAINTEXT';
  const listeners = listenersOf(node).filter(({ isController }) => !isController);
  // Who gives neither roles nor addresses runs Klamm, which is one node.
  if (named === undefined && given(node, 'process.roles') === undefined) return [];
  if (listeners.length === 0) return [];
  const what =
    named === undefined
      ? `Nothing says on which listener brokers talk to each other, and none is called ${protocol}, which would be it: the broker does not start.`
      : `${NAME} is ${named.value}, but listeners has none of that name: the broker does not start.`;
  const instead = written(node, NAME, (better(node) ?? listeners[0])?.name ?? '');
  return [{ ...about(node), level: 'error', code: 'inter-broker-absent', what, instead }];
}

function notForBrokers(node: DeployedNode, { name, isController }: NodeListener): Finding[] {
  if (given(node, NAME) === undefined) return [];
  if (isController) {
    const what = `${NAME} is ${name}, which is a listener of the controller: the broker does not start.`;
    return [
      {
        ...about(node),
        level: 'error',
        code: 'inter-broker-controller',
        what,
        instead: written(node, NAME, better(node)?.name ?? 'INTERNAL'),
      },
    ];
  }
  const advertised = addressesOf(node, 'advertised.listeners');
  if (advertised.length === 0 || advertised.some((address) => address.name === name)) return [];
  const what = `${NAME} is ${name}, but advertised.listeners does not name it: the other brokers cannot learn where it is, and the broker does not start.`;
  return [
    {
      ...about(node),
      level: 'error',
      code: 'inter-broker-not-advertised',
      what,
      instead: `advertised.listeners with ${name}://HOST:PORT`,
    },
  ];
}

/** Brokers have to log in as anybody else where their listener asks for it. */
function login(node: DeployedNode, listener: NodeListener): Finding[] {
  const { name, protocol, advertised } = listener;
  const mechanism = inForce(node, 'sasl.mechanism.inter.broker.protocol');
  const enabled =
    scopedEntry(node, name, 'sasl.enabled.mechanisms')
      ?.value.split(',')
      .map((word) => word.trim()) ?? listValue(node, 'sasl.enabled.mechanisms');
  if (!enabled.includes(mechanism)) {
    const entry = given(node, 'sasl.mechanism.inter.broker.protocol');
    const what = `Brokers log in to each other by ${mechanism}, but ${name} takes ${enabled.join(', ')} only: the broker does not start.`;
    const instead = written(node, 'sasl.mechanism.inter.broker.protocol', enabled[0] ?? 'PLAIN');
    return [
      {
        ...about(node),
        places: [entry?.source ?? node.place],
        level: 'error',
        code: 'inter-broker-mechanism',
        what,
        instead,
      },
    ];
  }
  if (!/^(PLAIN|SCRAM-SHA-(256|512))$/.test(mechanism) || hasOwnLogin(node, name, mechanism)) return [];
  const other = better(node, listener);
  const isInside = node.container?.hosts.includes(advertised?.host ?? '') ?? true;
  const where =
    isInside || advertised === undefined ? '' : ` go by ${advertised.host}, the address for clients, and`;
  const open = isBitnami(node)
    ? ' The image bitnami/kafka then makes a user "user" with the password "bitnami" for them, which everybody knows: anybody can log in with it.'
    : ' They cannot log in: replication, transactions and group coordination between brokers fail.';
  const users = isBitnami(node)
    ? 'KAFKA_INTER_BROKER_USER and KAFKA_INTER_BROKER_PASSWORD'
    : `username and password in listener.name.${name.toLowerCase()}.${mechanism.toLowerCase()}.sasl.jaas.config`;
  return [
    {
      ...about(node),
      level: 'error',
      code: 'inter-broker-login',
      what: `Brokers talk to each other on ${name}, which is ${protocol}: they${where} have to log in as clients do, and nothing says as whom.${open}`,
      instead:
        other === undefined
          ? `${users}, a user of their own`
          : `${written(node, NAME, other.name)}; or, if brokers shall use ${name}, ${users}`,
    },
  ];
}

function hasOwnLogin(node: DeployedNode, listener: string, mechanism: string): boolean {
  if (node.variables.has('KAFKA_INTER_BROKER_USER') && node.variables.has('KAFKA_INTER_BROKER_PASSWORD'))
    return true;
  const entry = scopedEntry(node, listener, 'sasl.jaas.config', mechanism);
  if (entry === undefined) return false;
  try {
    const { options } = parseJaas(entry.value, entry.name);
    return options.has('username') && options.has('password');
  } catch (error) {
    if (error instanceof KlammError) return true;
    throw error;
  }
}
