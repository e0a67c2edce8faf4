// Logins by SASL: mechanisms that some listener asks for, users that can log in, passwords that nobody overhears.

import { listOf, nearest } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import { parseJaas } from '@klamm/protocol/sasl/jaas';
import {
  type DeployedNode,
  type Deployment,
  given,
  inForce,
  isBitnami,
  isBroker,
  scopedEntry,
  written,
} from './deployment.ts';
import type { Finding } from './finding.ts';
import { isSasl, listenersOf, type NodeListener, reachOf } from './node-listeners.ts';

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER', 'GSSAPI'];
const ENABLED = 'sasl.enabled.mechanisms';

export function checkLogin({ nodes }: Deployment): Finding[] {
  return nodes.filter(isBroker).flatMap((node) => {
    const listeners = listenersOf(node).filter((listener) => isSasl(listener) && !listener.isController);
    if (listeners.length === 0) return nobodyAsks(node);
    return listeners.flatMap((listener) => [
      ...mechanismNames(node, listener),
      ...inTheClear(node, listener),
      ...nobodyKnown(node, listener),
    ]);
  });
}

/** Mechanisms are enabled, but every listener lets anybody in. */
function nobodyAsks(node: DeployedNode): Finding[] {
  const entry = given(node, ENABLED);
  const users = node.variables.get('KAFKA_CLIENT_USERS');
  const place = entry?.source ?? users?.place;
  if (place === undefined) return [];
  const what = `${entry === undefined ? 'There are users' : `${ENABLED} is ${entry.value}`}, but no listener speaks SASL_SSL or SASL_PLAINTEXT: nobody is asked to log in, and everybody gets in.`;
  const [first] = listenersOf(node).filter(({ isController }) => !isController);
  const instead = written(node, 'listener.security.protocol.map', `…,${first?.name ?? 'EXTERNAL'}:SASL_SSL`);
  return [{ level: 'error', code: 'mechanism-unused', nodes: [node.name], places: [place], what, instead }];
}

/** Of a listener: what it takes, and where that is written. */
function enabledOf(
  node: DeployedNode,
  { name }: NodeListener,
): { names: string[]; place: string | undefined } {
  const entry = scopedEntry(node, name, ENABLED);
  return { names: listOf(entry?.value ?? inForce(node, ENABLED)), place: entry?.source };
}

function mechanismNames(node: DeployedNode, listener: NodeListener): Finding[] {
  const { names, place } = enabledOf(node, listener);
  const about = { level: 'error', nodes: [node.name], places: [place ?? listener.place] } as const;
  if (place === undefined && !isBitnami(node)) {
    const what = `${listener.name} asks for a login, but nothing says by which mechanism: it is GSSAPI (Kerberos), unless ${ENABLED} says another.`;
    return [{ ...about, code: 'mechanism-default', what, instead: written(node, ENABLED, 'SCRAM-SHA-512') }];
  }
  return names.flatMap((name): Finding[] => {
    if (MECHANISMS.includes(name)) return [];
    const near = nearest(name.toUpperCase(), MECHANISMS);
    const what = `${ENABLED} names "${name}", which is no mechanism: clients that ask for it are refused.`;
    return [
      { ...about, code: 'mechanism-unknown', what, instead: near ?? `One of ${MECHANISMS.join(', ')}` },
    ];
  });
}

function inTheClear(node: DeployedNode, listener: NodeListener): Finding[] {
  const { names, place } = enabledOf(node, listener);
  const reach = reachOf(node, listener);
  if (listener.protocol !== 'SASL_PLAINTEXT' || !names.includes('PLAIN') || reach === 'machine') return [];
  const where = reach === 'others' ? 'the network' : 'the network of the containers';
  return [
    {
      level: reach === 'others' ? 'error' : 'warning',
      code: 'plain-in-the-clear',
      nodes: [node.name],
      places: [place ?? listener.place],
      what: `${listener.name} is SASL_PLAINTEXT and takes PLAIN: passwords go over ${where} for everybody to read.`,
      instead: `${listener.name}:SASL_SSL in listener.security.protocol.map; or, where the network is yours alone, SCRAM-SHA-512, which does not show the password`,
    },
  ];
}

/** PLAIN without a user: everybody is refused. */
function nobodyKnown(node: DeployedNode, listener: NodeListener): Finding[] {
  if (!enabledOf(node, listener).names.includes('PLAIN')) return [];
  const own = ['sasl.server.callback.handler.class', 'plain.sasl.server.callback.handler.class'];
  if (node.entries.some(({ name }) => own.some((key) => name.endsWith(key)))) return [];
  const entry = scopedEntry(node, listener.name, 'sasl.jaas.config', 'PLAIN');
  if (entry === undefined && node.variables.has('KAFKA_OPTS')) return [];
  if (entry !== undefined && hasUsers(entry.value)) return [];
  const setting = `listener.name.${listener.name.toLowerCase()}.plain.sasl.jaas.config`;
  const what = `${listener.name} takes logins by PLAIN, but knows no user: everybody is refused.`;
  const instead = isBitnami(node)
    ? 'KAFKA_CLIENT_USERS and KAFKA_CLIENT_PASSWORDS'
    : `${setting}=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="…";`;
  return [
    {
      level: 'error',
      code: 'login-without-users',
      nodes: [node.name],
      places: [entry?.source ?? listener.place],
      what,
      instead,
    },
  ];
}

function hasUsers(jaas: string): boolean {
  try {
    return [...parseJaas(jaas, '').options.keys()].some((option) => option.startsWith('user_'));
  } catch (error) {
    // Not readable: that is another finding, of the value.
    if (error instanceof KlammError) return true;
    throw error;
  }
}
