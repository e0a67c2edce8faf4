// Listeners that let anybody do anything: without a login, and without a client's certificate.

import { type DeployedNode, type Deployment, given, inForce, scopedEntry } from './deployment.ts';
import type { Finding } from './finding.ts';
import { listenersOf, type NodeListener, reachOf } from './node-listeners.ts';

export function checkAccess({ nodes }: Deployment): Finding[] {
  return nodes.flatMap((node) => {
    if (isGuarded(node)) return [];
    const open = listenersOf(node).filter((listener) => isOpen(node, listener));
    const inside = open.filter((listener) => reachOf(node, listener) === 'containers');
    return [
      ...open
        .filter((listener) => reachOf(node, listener) === 'others')
        .map((listener) => outside(node, listener)),
      ...(inside.length === 0 ? [] : [amongContainers(node, inside)]),
    ];
  });
}

/** An authorizer that lets nobody do anything who is not known. */
function isGuarded(node: DeployedNode): boolean {
  return (
    inForce(node, 'authorizer.class.name') !== '' &&
    inForce(node, 'allow.everyone.if.no.acl.found') !== 'true' &&
    !inForce(node, 'super.users').includes('User:ANONYMOUS')
  );
}

function isOpen(node: DeployedNode, { name, protocol }: NodeListener): boolean {
  if (protocol === 'PLAINTEXT') return true;
  if (protocol !== 'SSL') return false;
  return (scopedEntry(node, name, 'ssl.client.auth')?.value ?? 'none') !== 'required';
}

function outside(node: DeployedNode, { name, protocol, port, place, isController }: NodeListener): Finding {
  const published = node.container?.ports.find(({ target }) => target === port);
  const where = published === undefined ? '' : ` (port ${published.published} of the machine)`;
  if (isController) {
    return {
      level: 'warning',
      code: 'controller-open',
      nodes: [node.name],
      places: [published?.place ?? place],
      what: `${name}${where} is the controller's, and takes anybody from other machines without a login: who reaches it can change the cluster's metadata. Clients have no use for it.`,
      instead:
        published === undefined
          ? `${name} on an address that only the nodes reach, or SASL_SSL for it`
          : 'No published port for it: the nodes reach each other on their own network',
    };
  }
  return {
    level: 'warning',
    code: 'listener-open',
    nodes: [node.name],
    places: [given(node, 'listener.security.protocol.map')?.source ?? place],
    what: `${name}${where} is ${protocol}: it takes anybody from other machines without a login, and lets them read, write and delete everything.`,
    instead:
      published === undefined
        ? `${name}:SASL_SSL, or ${name} on 127.0.0.1`
        : `${name}:SASL_SSL; or "127.0.0.1:${published.published}:${port}" as the port, if only this machine needs it`,
  };
}

function amongContainers(node: DeployedNode, listeners: readonly NodeListener[]): Finding {
  const names = listeners.map(({ name }) => name).join(' and ');
  const networks = node.container?.networks.join(', ') ?? '';
  return {
    level: 'note',
    code: 'listener-open-inside',
    nodes: [node.name],
    places: [given(node, 'listener.security.protocol.map')?.source ?? node.place],
    what: `${names} ${listeners.length === 1 ? 'asks' : 'ask'} for no login: every container on the network ${networks} can do everything there.`,
    instead: null,
  };
}
