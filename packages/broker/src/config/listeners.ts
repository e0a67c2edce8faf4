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

/** Addresses to listen on. Listeners for controllers are left out: one node has no need of them. */
export function listenerAddresses(settings: BrokerSettings): ListenerAddress[] {
  const source = settings.entry('listeners')?.source ?? 'default';
  const addresses = listOf(settings.text('listeners')).map((text) => parse('listeners', text, source));
  const controllers = controllerListeners(settings);
  const served = addresses.filter(({ name }) => !controllers.includes(name));
  if (served.length === 0) throw invalid(`listeners (${source}) names no listener for clients.`);
  checkNames(settings, addresses, served, source);
  return served.map(({ name, host, port }) => {
    const protocol = protocolOf(settings, name);
    if (
      isOpen(settings, name, protocol) &&
      !isLoopback(host) &&
      !settings.boolean('klamm.allow.remote.plaintext')
    ) {
      throw invalid(
        `Listener ${name} (${source}) would take anybody's requests from other machines, at ${host === '' ? 'every address' : host}, without ` +
          'authentication. Have it ask for a login (SASL_SSL) or a certificate (ssl.client.auth=required), listen on 127.0.0.1, or write ' +
          'klamm.allow.remote.plaintext=true if the network is yours alone.',
      );
    }
    return { name, protocol, host, port };
  });
}

/** Names of listeners that only controllers would use. */
export function controllerListeners(settings: BrokerSettings): string[] {
  const names = listOf(settings.entry('controller.listener.names')?.value ?? '');
  return names.length === 0 ? ['CONTROLLER'] : names.map((name) => name.toUpperCase());
}

function checkNames(
  settings: BrokerSettings,
  all: readonly ParsedAddress[],
  served: readonly ParsedAddress[],
  source: string,
): void {
  for (const [i, { name, host, port }] of all.entries()) {
    const earlier = all.slice(0, i);
    if (earlier.some((other) => other.name === name))
      throw invalid(`listeners (${source}) names ${name} twice; each listener needs a name of its own.`);
    const other = earlier.find((each) => port !== 0 && each.port === port && each.host === host);
    if (other !== undefined)
      throw invalid(
        `listeners (${source}) gives port ${port} to ${other.name} and ${name}; each needs one of its own.`,
      );
  }
  const names = served.map(({ name }) => name);
  const interBroker = settings.entry('inter.broker.listener.name');
  if (interBroker !== undefined && !names.includes(interBroker.value.trim().toUpperCase())) {
    throw invalid(
      `inter.broker.listener.name=${interBroker.value} (${interBroker.source}) is none of the listeners for clients: ${names.join(', ')}.`,
    );
  }
  const advertised = settings.entry('advertised.listeners');
  for (const text of listOf(advertised?.value ?? '')) {
    const { name } = parse('advertised.listeners', text, advertised?.source ?? '');
    if (all.some((each) => each.name === name)) continue;
    throw invalid(
      `advertised.listeners (${advertised?.source}) names ${name}, which is none of listeners: ${all.map((each) => each.name).join(', ')}.`,
    );
  }
}

/** Whether whoever comes is taken as nobody in particular. */
export function isOpen(settings: BrokerSettings, name: string, protocol: SecurityProtocol): boolean {
  if (protocol === 'PLAINTEXT') return true;
  return protocol === 'SSL' && settings.forListener(name, 'ssl.client.auth') !== 'required';
}

/** What clients are told: the advertised address of each listener, or its own with the port it really has. */
export function advertisedEndpoints(
  settings: BrokerSettings,
  listeners: readonly Listener[],
  addresses: readonly ListenerAddress[],
): Endpoint[] {
  const bound = addresses.map((address, i) => ({ ...address, port: listeners[i]?.port ?? address.port }));
  return advertisedTo(settings, bound);
}

/** The same for addresses whose ports are known. */
export function advertisedTo(settings: BrokerSettings, addresses: readonly ListenerAddress[]): Endpoint[] {
  const entry = settings.entry('advertised.listeners');
  const advertised = listOf(entry?.value ?? '').map((text) =>
    parse('advertised.listeners', text, entry?.source ?? ''),
  );
  return addresses.map(({ name, protocol, host, port }) => {
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
      port: told?.port ?? port,
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
