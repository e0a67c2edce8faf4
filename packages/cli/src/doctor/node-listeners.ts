// The listeners of a node as its settings write them, each with its protocol, its advertised address and where these
// are written. Settings that no broker would start with give listeners too: what is wrong with them is for the checks.

import { listOf } from '@klamm/base/config';
import { type DeployedNode, given, inForce } from './deployment.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly place: string;
}

export interface NodeListener extends Address {
  readonly name: string;
  /** Undefined where the settings give it none. */
  readonly protocol: string | undefined;
  readonly advertised: Address | undefined;
  readonly isController: boolean;
}

export const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;

export function parseAddress(text: string): { name: string; host: string; port: number } | undefined {
  const match = /^([A-Za-z0-9_-]+):\/\/(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  return {
    name: (match[1] ?? '').toUpperCase(),
    host: (match[2] ?? '').replace(/^\[|\]$/g, ''),
    port: Number(match[3]),
  };
}

/** The addresses of `listeners` or `advertised.listeners`; those that are none are left out. */
export function addressesOf(
  node: DeployedNode,
  name: 'listeners' | 'advertised.listeners',
): (Address & { readonly name: string })[] {
  const entry = given(node, name);
  const place = entry?.source ?? node.place;
  return listOf(entry?.value ?? (name === 'listeners' ? defaultListeners(node) : '')).flatMap((text) => {
    const address = parseAddress(text);
    return address === undefined ? [] : [{ ...address, place }];
  });
}

/** Apache Kafka listens everywhere, where nothing is said; Klamm, which needs no roles, on this machine. */
const defaultListeners = (node: DeployedNode): string =>
  node.container === undefined && given(node, 'process.roles') === undefined
    ? inForce(node, 'listeners')
    : 'PLAINTEXT://:9092';

export function listenersOf(node: DeployedNode): NodeListener[] {
  const advertised = addressesOf(node, 'advertised.listeners');
  const controllers = listOf(given(node, 'controller.listener.names')?.value ?? '').map((name) =>
    name.toUpperCase(),
  );
  const protocols = protocolMap(node);
  const isMapped = given(node, 'listener.security.protocol.map') !== undefined;
  return addressesOf(node, 'listeners').map((address) => {
    const isController = controllers.includes(address.name);
    const named = PROTOCOLS.find((protocol) => protocol === address.name);
    // Without a map of one's own, the controllers' listener is in the clear (KafkaConfig).
    const unmapped = isController && !isMapped ? 'PLAINTEXT' : undefined;
    return {
      ...address,
      protocol: protocols.get(address.name) ?? named ?? unmapped,
      advertised: advertised.find(({ name }) => name === address.name),
      isController,
    };
  });
}

function protocolMap(node: DeployedNode): Map<string, string> {
  return new Map(
    listOf(inForce(node, 'listener.security.protocol.map')).map((pair) => {
      const [name = '', protocol = ''] = pair.toUpperCase().split(':');
      return [name.trim(), protocol.trim()];
    }),
  );
}

/** The listener that brokers talk to each other on; undefined where the settings name one that is not there. */
export function interBrokerListener(node: DeployedNode): NodeListener | undefined {
  const listeners = listenersOf(node);
  const name = given(node, 'inter.broker.listener.name')?.value.trim().toUpperCase();
  if (name !== undefined) return listeners.find((listener) => listener.name === name);
  const protocol = given(node, 'security.inter.broker.protocol')?.value.trim().toUpperCase() ?? 'PLAINTEXT';
  return listeners.find((listener) => listener.name === protocol);
}

export const isWildcard = (host: string): boolean => host === '' || host === '0.0.0.0' || host === '::';

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

export const isSasl = ({ protocol }: NodeListener): boolean => protocol?.startsWith('SASL_') === true;
export const isTls = ({ protocol }: NodeListener): boolean => protocol?.endsWith('SSL') === true;

/** Who gets to a listener: this machine only, containers on its networks, or other machines. */
export type Reach = 'machine' | 'containers' | 'others';

export function reachOf(node: DeployedNode, listener: NodeListener): Reach {
  const { container } = node;
  if (isLoopback(listener.host)) return 'machine';
  if (container === undefined || container.isOnHostNetwork) return 'others';
  const published = container.ports.filter(({ target }) => target === listener.port);
  if (published.some(({ host }) => !isLoopback(host))) return 'others';
  return 'containers';
}
