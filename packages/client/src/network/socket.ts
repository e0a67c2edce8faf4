// Opens the socket of a connection, in the clear or with TLS. The name of the broker is checked against its certificate.

import { connect, isIP, type LookupFunction, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { Clock } from '@klamm/base/clock';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import type { TlsContext } from '../security/tls-context.ts';
import { addressText, type BrokerAddress } from './address.ts';
import { plainCause } from './connection-errors.ts';
import { lookupFrom, systemResolver } from './resolver.ts';
import { tlsError } from './tls-errors.ts';

/** A connection without traffic is kept alive in the tables of what is on the way, most of which keep it for minutes. */
const KEEP_ALIVE_MS = 60_000;

/**
 * Where the host has several addresses, each is tried for a moment.
 *
 * @param onread takes what comes, in a buffer that is used again
 */
export function openSocket(
  address: BrokerAddress,
  tls: TlsContext | undefined,
  onread: OnReadOpts,
  lookup: LookupFunction = lookupFrom(systemResolver, 0),
): Socket {
  const { host, port } = address;
  const alive = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  const socket = { host, port, lookup, autoSelectFamily: true, ...alive, onread };
  if (tls === undefined) return connect(socket);
  // An address is no server name (RFC 6066); the certificate is checked for it all the same.
  const servername = tls.servername ?? (isIP(host) === 0 ? host : '');
  return connectTls({ ...tls, ...socket, servername });
}

/**
 * Resolves when the socket is connected, and the broker's certificate is accepted. Throws KlammError NETWORK_EXCEPTION
 * where nobody answers, SSL_AUTHENTICATION_FAILED where somebody does who is not to be trusted.
 */
export function whenConnected(
  socket: Socket,
  address: BrokerAddress,
  { clock, connectionTimeoutMs }: { readonly clock: Clock; readonly connectionTimeoutMs: number },
): Promise<void> {
  const isTls = socket instanceof TLSSocket;
  return new Promise((resolve, reject) => {
    const give = (cause: string, error?: unknown): void =>
      reject(
        kafkaError(
          ErrorCode.NETWORK_EXCEPTION,
          `Cannot connect to ${addressText(address)}: ${cause}. Is the broker running, and is this its address?`,
          { cause: error },
        ),
      );
    const timer = clock.after(
      connectionTimeoutMs,
      () => give(`no answer within ${connectionTimeoutMs} ms`),
      true,
    );
    socket.once('close', () => {
      timer.cancel();
      give('it was given up');
    });
    const onError = (error: Error): void => {
      timer.cancel();
      const untrusted = isTls ? tlsError(address, error) : undefined;
      if (untrusted === undefined) give(plainCause(error), error);
      else reject(untrusted);
    };
    socket.once('error', onError);
    // Who waits no longer must not be told by an error that nobody listens for.
    socket.on('error', () => {});
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      timer.cancel();
      socket.off('error', onError);
      resolve();
    });
  });
}
