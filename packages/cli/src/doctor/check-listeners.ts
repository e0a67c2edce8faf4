// Where brokers listen, and what they tell clients to connect to: names that fit, protocols that are there, addresses
// that somebody reaches.

import { listOf, nearest } from '@klamm/base/config';
import { type DeployedNode, type Deployment, given, isController, written } from './deployment.ts';
import type { Finding } from './finding.ts';
import {
  addressesOf,
  isLoopback,
  isWildcard,
  listenersOf,
  type NodeListener,
  PROTOCOLS,
  parseAddress,
} from './node-listeners.ts';

const MAP = 'listener.security.protocol.map';
const ADVERTISED = 'advertised.listeners';

export function checkListeners({ nodes }: Deployment): Finding[] {
  return nodes.flatMap((node) => [
    ...notAddresses(node),
    ...twice(node),
    ...protocols(node),
    ...misleadingNames(node),
    ...controllerNames(node),
    ...advertisedNames(node),
  ]);
}

function finding(
  node: DeployedNode,
  level: Finding['level'],
  code: string,
  place: string | undefined,
  what: string,
  instead: string | null,
): Finding {
  return { level, code, nodes: [node.name], places: [place ?? node.place], what, instead };
}

function notAddresses(node: DeployedNode): Finding[] {
  return (['listeners', ADVERTISED] as const).flatMap((name) => {
    const entry = given(node, name);
    return listOf(entry?.value ?? '')
      .filter((text) => parseAddress(text) === undefined)
      .map((text) =>
        finding(
          node,
          'error',
          'listener-address',
          entry?.source,
          `"${text}" in ${name} is no address.`,
          'NAME://HOST:PORT, as in INTERNAL://kafka-1:9092',
        ),
      );
  });
}

function twice(node: DeployedNode): Finding[] {
  const listeners = listenersOf(node);
  return listeners.flatMap((listener, i): Finding[] => {
    const before = listeners.slice(0, i);
    if (before.some(({ name }) => name === listener.name)) {
      const what = `listeners names ${listener.name} twice: each listener needs a name of its own.`;
      return [finding(node, 'error', 'listener-twice', listener.place, what, null)];
    }
    const other = before.find(
      ({ port, host }) =>
        port === listener.port &&
        port !== 0 &&
        (host === listener.host || isWildcard(host) || isWildcard(listener.host)),
    );
    if (other === undefined) return [];
    const what = `The listeners ${other.name} and ${listener.name} are both at port ${listener.port}: the second cannot be opened.`;
    return [
      finding(node, 'error', 'port-twice', listener.place, what, 'A port of its own for each listener'),
    ];
  });
}

function protocols(node: DeployedNode): Finding[] {
  return listenersOf(node).flatMap(({ name, protocol, place }): Finding[] => {
    if (protocol !== undefined && PROTOCOLS.some((known) => known === protocol)) return [];
    const entry = given(node, MAP);
    const near = protocol === undefined ? undefined : nearest(protocol, PROTOCOLS);
    const what =
      protocol === undefined
        ? `The listener ${name} has no security protocol: ${MAP} does not name it.`
        : `The listener ${name} has the security protocol "${protocol}", which is none.`;
    const pairs = [
      ...listOf(entry?.value ?? '').filter((pair) => !pair.toUpperCase().startsWith(`${name}:`)),
      `${name}:${near ?? 'PLAINTEXT'}`,
    ];
    const instead = `${written(node, MAP, pairs.join(','))} (of ${PROTOCOLS.join(', ')})`;
    return [finding(node, 'error', 'listener-protocol', entry?.source ?? place, what, instead)];
  });
}

function misleadingNames(node: DeployedNode): Finding[] {
  return listenersOf(node).flatMap(({ name, protocol, place }): Finding[] => {
    if (protocol === undefined || protocol === name || !PROTOCOLS.some((known) => known === name)) return [];
    const what = `The listener called ${name} does not speak ${name}, but ${protocol}: clients that are set up by its name fail.`;
    const instead = `Another name for it, as EXTERNAL, and ${protocol} as security.protocol of its clients`;
    return [finding(node, 'warning', 'listener-name', given(node, MAP)?.source ?? place, what, instead)];
  });
}

function controllerNames(node: DeployedNode): Finding[] {
  const entry = given(node, 'controller.listener.names');
  if (!isController(node)) return [];
  if (entry === undefined) {
    const what =
      'The node is a controller, but controller.listener.names does not say which of its listeners is for that.';
    return [
      finding(
        node,
        'error',
        'controller-listener',
        undefined,
        what,
        written(node, 'controller.listener.names', 'CONTROLLER'),
      ),
    ];
  }
  const names = new Set(listenersOf(node).map(({ name }) => name));
  return listOf(entry.value).flatMap((name) => {
    if (names.has(name.toUpperCase())) return [];
    const what = `controller.listener.names names ${name}, but listeners has none of that name.`;
    return [
      finding(node, 'error', 'controller-listener', entry.source, what, `listeners with ${name}://:9093`),
    ];
  });
}

function advertisedNames(node: DeployedNode): Finding[] {
  const names = listenersOf(node).map(({ name }) => name);
  return addressesOf(node, ADVERTISED).flatMap(({ name, place }) => {
    if (names.includes(name)) return [];
    const near = nearest(name, names);
    const what = `${ADVERTISED} names ${name}, but listeners has none of that name: the broker does not start.`;
    return [
      finding(
        node,
        'error',
        'advertised-name',
        place,
        what,
        near === undefined ? null : `${near}://…, if that was meant`,
      ),
    ];
  });
}

/** What clients are told: whether anybody reaches it. */
export function checkAdvertised(deployment: Deployment): Finding[] {
  const { nodes } = deployment;
  return [
    ...nodes.flatMap((node) =>
      listenersOf(node)
        .filter(({ isController }) => !isController)
        .flatMap((listener) => advertisedAddress(deployment, node, listener)),
    ),
    ...advertisedTwice(nodes),
    ...publishedTwice(nodes),
  ];
}

function advertisedAddress(deployment: Deployment, node: DeployedNode, listener: NodeListener): Finding[] {
  const { name, port, advertised } = listener;
  const host = advertised?.host ?? listener.host;
  const place = advertised?.place ?? listener.place;
  const isPublished = node.container?.ports.some(({ target }) => target === port) === true;
  if (isWildcard(host)) {
    const hint = node.container?.hosts[0];
    const instead = written(node, ADVERTISED, `${name}://${hint ?? 'HOST'}:${port}`);
    if (advertised === undefined && host === '' && node.container === undefined) return [];
    const told = host === '' ? 'no host (the name of the machine, as it sees itself)' : host;
    const what = `Clients of ${name} are told to connect to ${told}, which nobody else reaches.`;
    return [
      finding(
        node,
        'error',
        'advertised-wildcard',
        place,
        what,
        `${instead}, with an address that its clients reach`,
      ),
    ];
  }
  const address = advertised ?? { host, port, place };
  if (isLoopback(host)) return loopback(deployment, node, listener, isPublished);
  const { container } = node;
  if (container === undefined || container.isOnHostNetwork) return [];
  if (container.hosts.includes(host)) {
    if (address.port === port) return [];
    const what = `${name} is advertised as ${host}:${address.port}, but listens on port ${port} of that container.`;
    return [finding(node, 'error', 'advertised-port', place, what, `${name}://${host}:${port}`)];
  }
  const other = nodes(deployment).find((one) => one !== node && one.container?.hosts.includes(host) === true);
  if (other !== undefined) {
    const what = `${name} of ${node.name} is advertised as ${host}, which is ${other.name}: clients are sent to the wrong node.`;
    return [
      finding(node, 'error', 'advertised-other', place, what, `${name}://${container.hosts[0]}:${port}`),
    ];
  }
  return outside(node, listener, address);
}

const nodes = (deployment: Deployment): readonly DeployedNode[] => deployment.nodes;

/** An address that is not of the container: of the machine, which has to pass the port on. */
function outside(
  node: DeployedNode,
  { name, port }: NodeListener,
  address: { readonly host: string; readonly port: number; readonly place: string },
): Finding[] {
  const published = (node.container?.ports ?? []).filter(({ target }) => target === port);
  if (published.length === 0) {
    const what = `${name} is advertised as ${address.host}:${address.port}, outside of its container, but no port of the machine leads to port ${port} of it.`;
    return [
      finding(node, 'error', 'port-not-published', address.place, what, `ports: "${address.port}:${port}"`),
    ];
  }
  if (published.some((one) => one.published === address.port)) return [];
  const [first] = published;
  const what = `${name} is advertised as ${address.host}:${address.port}, but port ${first?.published} of the machine leads to it.`;
  return [
    finding(
      node,
      'error',
      'advertised-port',
      address.place,
      what,
      `${name}://${address.host}:${first?.published}`,
    ),
  ];
}

function loopback(
  deployment: Deployment,
  node: DeployedNode,
  listener: NodeListener,
  isPublished: boolean,
): Finding[] {
  const { name, port, advertised, host } = listener;
  const place = advertised?.place ?? listener.place;
  const told = `${advertised?.host ?? host}:${advertised?.port ?? port}`;
  const { container } = node;
  if (container === undefined || container.isOnHostNetwork) {
    if (isLoopback(host)) return [];
    const what = `${name} takes connections from other machines, but tells them to connect to ${told}: to themselves.`;
    return [
      finding(
        node,
        'warning',
        'advertised-loopback',
        place,
        what,
        `${name}://HOST:${port}, with an address that other machines reach`,
      ),
    ];
  }
  if (!isPublished) {
    const what = `${name} is advertised as ${told}, which is the container itself: nobody else reaches it.`;
    return [
      finding(node, 'error', 'advertised-loopback', place, what, `${name}://${container.hosts[0]}:${port}`),
    ];
  }
  const wrongPort = outside(node, listener, { host: 'localhost', port: advertised?.port ?? port, place });
  if (wrongPort.length > 0) return wrongPort;
  const others = listenersOf(node).filter(({ isController, name: its }) => !isController && its !== name);
  if (others.some(({ advertised: its }) => its !== undefined && !isLoopback(its.host))) return [];
  const isAlone = deployment.nodes.length === 1;
  const what = `All clients are told to connect to ${told}. That is right for programs on the machine itself only: other containers and other machines connect to themselves${isAlone ? '' : ', and so do the other brokers'}.`;
  const instead = `A second listener for those: ${name}://localhost:${port} beside INTERNAL://${container.hosts[0]}:…`;
  return [finding(node, isAlone ? 'warning' : 'error', 'advertised-loopback', place, what, instead)];
}

function advertisedTwice(all: readonly DeployedNode[]): Finding[] {
  return sameTwice(
    all.flatMap((node) =>
      addressesOf(node, ADVERTISED)
        .filter(({ host }) => !isWildcard(host))
        .map(({ host, port, place }) => ({ node, key: `${host}:${port}`, place })),
    ),
    'advertised-twice',
    (key) => `Several nodes tell clients to connect to ${key}: they reach only one of them.`,
    'An address or a port of its own for each node',
  );
}

function publishedTwice(all: readonly DeployedNode[]): Finding[] {
  return sameTwice(
    all.flatMap((node) =>
      (node.container?.ports ?? []).map(({ host, published, place }) => ({
        node,
        key: `${host === '' ? '' : `${host}:`}${published}`,
        place,
      })),
    ),
    'port-published-twice',
    (key) => `Several containers take port ${key} of the machine: the second does not start.`,
    'A port of its own for each container',
  );
}

function sameTwice(
  uses: readonly { readonly node: DeployedNode; readonly key: string; readonly place: string }[],
  code: string,
  what: (key: string) => string,
  instead: string,
): Finding[] {
  const byKey = new Map<string, (typeof uses)[number][]>();
  for (const use of uses) byKey.set(use.key, [...(byKey.get(use.key) ?? []), use]);
  return [...byKey].flatMap(([key, same]): Finding[] => {
    const names = [...new Set(same.map(({ node }) => node.name))];
    if (names.length < 2) return [];
    return [
      {
        level: 'error',
        code,
        nodes: names,
        places: same.map(({ place }) => place),
        what: what(key),
        instead,
      },
    ];
  });
}
