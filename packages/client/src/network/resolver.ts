// Names of hosts: all addresses of one, in an order that changes where the first did not do (KIP-302, KIP-602), and the
// canonical names behind one (KIP-235). Kafka: ClientUtils, ClusterConnectionStates; client.dns.lookup.

import { type LookupAddress, promises } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { BrokerAddress } from './address.ts';

export interface Resolver {
  /** All addresses of a name, in the system's order. Throws where there are none. */
  addressesOf(host: string): Promise<readonly LookupAddress[]>;
  /** The canonical name of an address. Throws where it has none. */
  nameOf(address: string): Promise<string>;
}

export const systemResolver: Resolver = {
  addressesOf: (host) => promises.lookup(host, { all: true }),
  nameOf: async (address) => (await promises.lookupService(address, 0)).hostname,
};

/** For a socket: all addresses of its host, of which the first `skipped` come last. */
export function lookupFrom(resolver: Resolver, skipped: number): LookupFunction {
  return (host, options, callback) => {
    const answer = (found: readonly LookupAddress[]): void => {
      const at = skipped % found.length;
      const rotated = [...found.slice(at), ...found.slice(0, at)];
      const [first] = rotated;
      if (options.all === true) callback(null, rotated);
      else callback(null, first?.address ?? '', first?.family);
    };
    resolver.addressesOf(host).then(answer, (error: NodeJS.ErrnoException) => callback(error, ''));
  };
}

/** Each address under the canonical names of its hosts; one that cannot be told is left as it is. */
export async function canonical(
  resolver: Resolver,
  addresses: readonly BrokerAddress[],
): Promise<BrokerAddress[]> {
  const namesOf = async ({ host, port }: BrokerAddress): Promise<BrokerAddress[]> => {
    try {
      const found = isIP(host) === 0 ? await resolver.addressesOf(host) : [{ address: host }];
      const names = await Promise.all(found.map(({ address }) => resolver.nameOf(address)));
      return [...new Set(names)].map((name) => ({ host: name, port }));
    } catch {
      return [{ host, port }];
    }
  };
  return (await Promise.all(addresses.map(namesOf))).flat();
}
