// A listening socket and its connections. What it speaks (in the clear, TLS, SASL) is a matter of the listener
// alone: behind it there are frames.

import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import type { Login } from '../auth/login.ts';
import { ANONYMOUS, type Principal } from '../auth/principal.ts';
import type { SecurityProtocol } from '../auth/security-protocol.ts';
import type { ListenerTls } from '../config/tls.ts';
import type { Budget } from './budget.ts';
import { Connection, type ConnectionLimits, type FrameHandler } from './connection.ts';
import type { ConnectionQuotas } from './connection-limits.ts';
import { plainAddress } from './plain-address.ts';
import { TlsTransport } from './tls-transport.ts';

export interface ListenerAddress {
  /** The listener's own name: INTERNAL, EXTERNAL … */
  readonly name: string;
  readonly protocol: SecurityProtocol;
  /** Empty for all addresses of the machine. */
  readonly host: string;
  readonly port: number;
}

export interface ListenerOptions {
  readonly address: ListenerAddress;
  readonly logger: Logger;
  readonly budget: Budget;
  readonly limits: ConnectionLimits & {
    readonly backlog: number;
  };
  /** Shared by all listeners of a broker. */
  readonly quotas: ConnectionQuotas;
  readonly clock: Clock;
  readonly handle: FrameHandler;
  /** Where the listener asks for a login: begins that of a new connection. */
  readonly newLogin: ((remote: string) => Login) | undefined;
  /** Where the listener speaks TLS. */
  readonly tls: ListenerTls | undefined;
}

let connectionIds = 0;

export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #tls: TlsTransport | undefined;
  /** Connections that wait for their turn, or are in the middle of a handshake. */
  readonly #beginning = new Set<Socket>();

  private constructor(options: ListenerOptions) {
    this.#options = options;
    const { tls, logger } = options;
    if (tls !== undefined) {
      this.#tls = new TlsTransport(tls, logger, (socket, principal) => this.#serve(socket, principal));
    }
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Starts to listen. Throws KlammError where the address cannot be had. */
  static open(options: ListenerOptions): Promise<Listener> {
    const { host, port, name } = options.address;
    const listener = new Listener(options);
    return new Promise((resolve, reject) => {
      listener.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(unusable(name, host, port, error)),
      );
      listener.#server.listen(
        { host: host === '' ? undefined : host, port, backlog: options.limits.backlog },
        () => {
          listener.#server.removeAllListeners('error');
          listener.#server.on('error', (error) => options.logger.warn(`Listener ${name}: ${error.message}`));
          resolve(listener);
        },
      );
    });
  }

  get name(): string {
    return this.#options.address.name;
  }

  /** The port it listens on, also where 0 was asked for. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.address.port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Accepts nobody new; connections close when what they are waiting for is answered. Resolves when all are. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.end();
    this.#tls?.close();
    for (const socket of this.#beginning) socket.destroy();
    await closed;
  }

  /** Closes every connection at once. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  /** Goes on with other certificates; connections that are there keep theirs. */
  changeTls(tls: ListenerTls): void {
    this.#tls?.change(tls);
  }

  #accept(socket: Socket): void {
    const { address, logger, quotas, clock } = this.#options;
    const remote = plainAddress(socket.remoteAddress);
    const admission = quotas.admit(address.name, remote);
    if ('refusedBy' in admission) {
      logger.warn(`A connection from ${remote} is refused: ${admission.refusedBy} is reached.`);
      socket.destroy();
      return;
    }
    socket.once('close', () => quotas.release(address.name, remote));
    if (admission.delayMs === 0) this.#begin(socket);
    else {
      this.#beginning.add(socket);
      socket.on('error', () => {});
      const turn = clock.after(admission.delayMs, () => this.#begin(socket));
      socket.once('close', () => {
        turn.cancel();
        this.#beginning.delete(socket);
      });
    }
  }

  #begin(socket: Socket): void {
    const tls = this.#tls;
    this.#beginning.delete(socket);
    if (tls === undefined) {
      this.#serve(socket, ANONYMOUS);
      return;
    }
    this.#beginning.add(socket);
    socket.once('close', () => this.#beginning.delete(socket));
    tls.take(socket);
  }

  /** @param principal who a certificate says is there */
  #serve(socket: Socket, principal: Principal): void {
    const { address, clock, logger, budget, limits, handle } = this.#options;
    const remoteAddress = `${plainAddress(socket.remoteAddress)}:${socket.remotePort ?? 0}`;
    const info = {
      id: ++connectionIds,
      listenerName: address.name,
      remoteAddress,
      securityProtocol: address.protocol,
      principal,
      login: this.#options.newLogin?.(remoteAddress),
    };
    const onClose = (): void => void this.#connections.delete(connection);
    const connection = new Connection(socket, info, { clock, logger, budget, limits, handle, onClose });
    this.#connections.add(connection);
  }
}

function unusable(name: string, host: string, port: number, error: NodeJS.ErrnoException): KlammError {
  const at = `${host === '' ? '*' : host}:${port}`;
  const reasons: Record<string, string | undefined> = {
    EADDRINUSE: `another program listens there. Stop it (lsof -i :${port} names it), or choose another port.`,
    EACCES: 'this user may not listen there. Choose a port above 1023.',
    EADDRNOTAVAIL: 'this machine does not have that address. Use one of its own, or 127.0.0.1.',
    ENOTFOUND: 'the name is unknown. Use an address of this machine.',
  };
  const reason = reasons[error.code ?? ''] ?? `${error.message}.`;
  return new KlammError(`Listener ${name} cannot listen on ${at}: ${reason}`, {
    code: error.code ?? 'LISTENER_FAILED',
    retriable: false,
    cause: error,
  });
}
