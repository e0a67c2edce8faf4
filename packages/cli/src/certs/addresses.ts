// Names and addresses of hosts, as a certificate has them: apart.

import { usageError } from '../usage-error.ts';

/** `flag`: the one that gave them, for errors. Throws a usage error where one is neither. */
export function sortedAddresses(
  addresses: readonly string[],
  flag: string,
): { readonly dns: string[]; readonly ips: string[] } {
  const isIp = (text: string): boolean => /^\d+(\.\d+){3}$/.test(text) || text.includes(':');
  const bare = addresses.map((text) => text.trim().replace(/^\[|\]$/g, '')).filter((text) => text !== '');
  const bad = bare.find((text) => !isIp(text) && !/^(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/.test(text));
  if (bad !== undefined)
    throw usageError(`${flag} ${bad}: a name or an address of a host is needed, without a port.`);
  return { dns: bare.filter((text) => !isIp(text)), ips: bare.filter(isIp) };
}
