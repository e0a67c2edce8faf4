// Who is judged by an authorizer: a principal, and the address it comes from.

import type { ClientConnection } from '../../listeners/connection.ts';
import { type Principal, principalText } from '../principal.ts';

export interface Subject {
  readonly principal: Principal;
  /** As ACLs write it: `User:alice`. */
  readonly principalText: string;
  /** As ACLs write it: without a port, and an IPv4 address as such. */
  readonly host: string;
}

export function subjectOf({ principal, remoteAddress }: ClientConnection): Subject {
  return { principal, principalText: principalText(principal), host: canonicalHost(hostOf(remoteAddress)) };
}

/** The address of `address:port`; that of an IPv4 client of a socket that takes both is the IPv4 address. */
export function hostOf(remoteAddress: string): string {
  return remoteAddress.slice(0, remoteAddress.lastIndexOf(':')).replace(/^::ffff:(?=\d+\.)/, '');
}

/**
 * One spelling of an IPv6 address, that of Java: all eight groups, without leading zeros. An ACL for `::1` is then one
 * for `0:0:0:0:0:0:0:1`, as Apache Kafka would have it written.
 */
export function canonicalHost(host: string): string {
  if (!host.includes(':')) return host;
  const [address = ''] = host.toLowerCase().split('%');
  const [head = '', tail] = address.split('::');
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const missing = Math.max(0, 8 - front.length - back.length);
  const groups = tail === undefined ? front : [...front, ...Array<string>(missing).fill('0'), ...back];
  return groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':');
}

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'));
