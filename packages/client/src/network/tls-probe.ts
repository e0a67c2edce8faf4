// Looks at what a listener with TLS shows, without trusting it: its certificates, and what a client would say to them.

import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '@klamm/base/clock';
import type { BrokerAddress } from './address.ts';
import { openSocket, whenConnected } from './socket.ts';

export interface TlsView {
  /** As far as the broker shows them, its own first. */
  readonly chain: readonly X509Certificate[];
  /** `TLSv1.3` */
  readonly protocol: string;
  readonly cipher: string;
  /** Whether those who are trusted vouch for it; else OpenSSL's name of what is wrong. The host name is not looked at. */
  readonly refusal: string | undefined;
}

/**
 * Connects and looks.
 *
 * @param ca whom to trust, in PEM; undefined for whom Node trusts
 * @throws KlammError NETWORK_EXCEPTION where nobody answers, SSL_AUTHENTICATION_FAILED where it does not speak TLS
 */
export async function probeTls(
  address: BrokerAddress,
  ca: readonly string[] | undefined,
  options: { readonly clock: Clock; readonly connectionTimeoutMs: number },
): Promise<TlsView> {
  const onread = { buffer: Buffer.alloc(1024), callback: () => true };
  const tls = { rejectUnauthorized: false, minVersion: 'TLSv1.2' as const };
  const socket = openSocket(address, ca === undefined ? tls : { ...tls, ca: [...ca] }, onread) as TLSSocket;
  try {
    await whenConnected(socket, address, options);
    const refusal: unknown = socket.authorized ? undefined : socket.authorizationError;
    return {
      chain: chainOf(socket),
      protocol: socket.getProtocol() ?? '',
      cipher: socket.getCipher().name,
      refusal: refusal === undefined ? undefined : textOf(refusal),
    };
  } finally {
    socket.destroy();
  }
}

function textOf(refusal: unknown): string {
  if (!(refusal instanceof Error)) return String(refusal);
  return (refusal as NodeJS.ErrnoException).code ?? refusal.message;
}

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next = socket.getPeerX509Certificate(); next !== undefined; next = next.issuerCertificate) {
    if (chain.some(({ fingerprint256 }) => fingerprint256 === next?.fingerprint256)) break;
    chain.push(next);
  }
  return chain;
}
