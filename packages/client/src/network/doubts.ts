// A listener that ends connections before it has answered anything says nothing of why. Here it is asked: does it speak
// TLS, or not, other than this client does; does it want a login? A broker that is being restarted looks the same at
// first, so nothing is concluded from silence alone.

import { SaslHandshake } from '@klamm/protocol/api/17-sasl-handshake';
import type { BrokerAddress } from './address.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { lookupFrom } from './resolver.ts';
import { requireNoLogin } from './sasl-exchange.ts';
import { openSocket, whenConnected } from './socket.ts';
import { expectsTls, refusesTls } from './tls-errors.ts';

/** Throws KlammError SSL_AUTHENTICATION_FAILED or SASL_AUTHENTICATION_FAILED where client and listener do not fit. */
export async function judgeListener(address: BrokerAddress, options: ConnectionOptions): Promise<void> {
  const { tls, login } = options;
  if (tls === undefined) {
    if (await speaksTls(address, options)) throw expectsTls(address);
  } else if (await speaksPlain(address, options)) throw refusesTls(address);
  if (login !== undefined) return;
  const connection = await Connection.open(address, options);
  try {
    if (connection.supports(SaslHandshake)) await requireNoLogin(connection);
  } finally {
    connection.close();
  }
}

async function speaksTls(address: BrokerAddress, options: ConnectionOptions): Promise<boolean> {
  const onread = { buffer: Buffer.alloc(1024), callback: () => true };
  // Whoever it is: nothing is said to it.
  const tls = { rejectUnauthorized: false, minVersion: 'TLSv1.2' } as const;
  const socket = openSocket(address, tls, onread, lookupFrom(options.resolver, 0));
  try {
    await whenConnected(socket, address, options);
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function speaksPlain(address: BrokerAddress, options: ConnectionOptions): Promise<boolean> {
  try {
    const connection = await Connection.open(address, { ...options, tls: undefined, login: undefined });
    connection.close();
    return true;
  } catch {
    return false;
  }
}
