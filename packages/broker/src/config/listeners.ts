// `listeners`, `advertised.listeners` and `listener.security.protocol.map`, as Kafka writes them, and what Klamm
// refuses of them: a protocol it does not speak, or an open door to other machines that nobody asked for.

import { listOf } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import { isSecurityProtocol, SECURITY_PROTOCOLS, type SecurityProtocol } from '../auth/security-protocol.ts';
import type { Listener, ListenerAddress } from '../listeners/listener.ts';
import type { Endpoint } from '../metadata/bootstrap.ts';
import type { BrokerSettings } from './settings.ts';

interface ParsedAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Addresses to listen on. A CONTROLLER listener is left out: one node has no need of it. */
export function listenerAddresses(settings: BrokerSettings): ListenerAddress[] {
  const source = settings.entry('listeners')?.source ?? 'default';
  const addresses = listOf(settings.text('listeners')).map((text) => parse('listeners', text, source));
  const served = addresses.filter(({ name }) => name !== 'CONTROLLER');
  if (served.length === 0) throw invalid(`listeners (${source}) names no listener for clients.`);
  const seen = new Set<string>();
  return served.map(({ name, host, port }) => {
    if (seen.has(name))
      throw invalid(`listeners (${source}) names ${name} twice; each listener needs a name of its own.`);
    seen.add(name);
    const protocol = protocolOf(settings, name);
    if (protocol === 'PLAINTEXT' && !isLoopback(host) && !settings.boolean('klamm.allow.remote.plaintext')) {
      throw invalid(
        `Listener ${name} (${source}) would take anybody's requests from other machines, at ${host === '' ? 'every address' : host}, without ` +
          'authentication. Listen on 127.0.0.1, or write klamm.allow.remote.plaintext=true if the network is yours alone.',
      );
    }
    return { name, protocol, host, port };
  });
}

/** What clients are told: the advertised address of each listener, or its own with the port it really has. */
export function advertisedEndpoints(
  settings: BrokerSettings,
  listeners: readonly Listener[],
  addresses: readonly ListenerAddress[],
): Endpoint[] {
  const entry = settings.entry('advertised.listeners');
  const advertised = listOf(entry?.value ?? '').map((text) =>
    parse('advertised.listeners', text, entry?.source ?? ''),
  );
  return addresses.map(({ name, protocol, host, port }, i) => {
    const told = advertised.find((address) => address.name === name);
    if (told !== undefined && isWildcard(told.host)) {
      throw invalid(
        `advertised.listeners (${entry?.source}) tells clients to connect to ${told.host || 'no host'}; name an address they can reach.`,
      );
    }
    const ownHost = isWildcard(host) ? 'localhost' : host;
    return {
      name,
      host: told?.host ?? ownHost,
      port: told?.port ?? listeners[i]?.port ?? port,
      securityProtocol: SECURITY_PROTOCOLS[protocol],
    };
  });
}

function parse(key: string, text: string, source: string): ParsedAddress {
  const match = /^([A-Za-z0-9_-]+):\/\/(\[[0-9a-fA-F:]+\]|[^:[\]]*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw invalid(
      `${key}=${text} (${source}) is no address; write NAME://HOST:PORT, as in PLAINTEXT://127.0.0.1:9092.`,
    );
  }
  return { name: (match[1] ?? '').toUpperCase(), host: (match[2] ?? '').replace(/^\[|\]$/g, ''), port };
}

function protocolOf(settings: BrokerSettings, name: string): SecurityProtocol {
  const map = new Map(
    listOf(settings.text('listener.security.protocol.map')).map((pair) => {
      const [listener = '', protocol = ''] = pair.split(':');
      return [listener.trim().toUpperCase(), protocol.trim().toUpperCase()];
    }),
  );
  const protocol = map.get(name) ?? (isSecurityProtocol(name) ? name : undefined);
  if (protocol === undefined || !isSecurityProtocol(protocol)) {
    throw invalid(
      `Listener ${name} has no security protocol. Add ${name}:PLAINTEXT to listener.security.protocol.map (of ${Object.keys(SECURITY_PROTOCOLS).join(', ')}).`,
    );
  }
  return protocol;
}

const isWildcard = (host: string): boolean => host === '' || host === '0.0.0.0' || host === '::';

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

function invalid(message: string): KlammError {
  return new KlammError(message, { code: 'INVALID_CONFIG', errorCode: 40, retriable: false });
}
