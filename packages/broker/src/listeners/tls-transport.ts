// TLS on the sockets of a listener: the handshake, the certificate that the client shows, and what goes wrong there, in
// plain words. Behind it there are sockets as any other.
//
// The certificate can be changed while the broker runs: connections that come later get the new one. A client's
// certificate is judged here and not by OpenSSL, so that the log can say why it was refused.

import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import { messageOf } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import { distinguishedName } from '@klamm/certs/inspect/distinguished-name';
import { ANONYMOUS, type Principal } from '../auth/principal.ts';
import type { ListenerTls } from '../config/tls.ts';
import { plainAddress } from './plain-address.ts';

/** How long a handshake may take, in ms. */
const HANDSHAKE_MS = 10_000;

export class TlsTransport {
  readonly #server: Server;
  readonly #logger: Logger;
  readonly #onSocket: (socket: Socket, principal: Principal) => void;
  #tls: ListenerTls;
  #isClosing = false;

  /** @param onSocket told each socket whose handshake is over, and who its certificate says is there */
  constructor(tls: ListenerTls, logger: Logger, onSocket: (socket: Socket, principal: Principal) => void) {
    this.#tls = tls;
    this.#logger = logger;
    this.#onSocket = onSocket;
    this.#server = createServer({
      ...contextOf(tls),
      requestCert: tls.clientAuth !== 'none',
      // Has OpenSSL tell a client that shows no certificate that it needs one.
      rejectUnauthorized: tls.clientAuth === 'required',
      handshakeTimeout: HANDSHAKE_MS,
    });
    this.#server.on('secureConnection', (socket) => this.#onSecure(socket));
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      const refused: unknown = socket.authorizationError ?? undefined;
      this.#say(socket, refused === undefined ? troubleOf(error) : refusedText(refused));
      socket.destroy();
    });
  }

  /** Begins the handshake on a socket that was accepted. */
  take(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Whose handshake ends from now on is not asked why: it is the broker that closes. */
  close(): void {
    this.#isClosing = true;
  }

  /** Goes on with other certificates. */
  change(tls: ListenerTls): void {
    this.#server.setSecureContext(contextOf(tls));
    this.#tls = tls;
  }

  #onSecure(socket: TLSSocket): void {
    const principal = this.#principalOf(socket);
    if (principal === undefined) {
      socket.destroy();
      return;
    }
    this.#watchFirst(socket);
    this.#onSocket(socket, principal);
  }

  /** Clients that judge the certificate when the handshake is over go without a word. */
  #watchFirst(socket: TLSSocket): void {
    const leave = (): void => {
      settle();
      this.#say(socket, GONE_AFTER_HANDSHAKE);
    };
    const settle = (): void => {
      socket.off('data', settle).off('end', leave).off('error', leave);
    };
    socket.once('data', settle).once('end', leave).once('error', leave);
  }

  /** undefined where the client is not let in; the log has said why. */
  #principalOf(socket: TLSSocket): Principal | undefined {
    const { clientAuth, mapping } = this.#tls;
    if (clientAuth === 'none') return ANONYMOUS;
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined && clientAuth === 'requested') return ANONYMOUS;
    if (certificate === undefined) {
      this.#say(socket, NO_CERTIFICATE);
      return undefined;
    }
    if (!socket.authorized) {
      this.#say(socket, refusedText(socket.authorizationError));
      return undefined;
    }
    const subject = distinguishedName(certificate.raw);
    const name = mapping(subject);
    if (name !== undefined) return { type: 'User', name, isTokenAuthenticated: false };
    this.#say(
      socket,
      `no rule of ssl.principal.mapping.rules is for the client's certificate, ${JSON.stringify(subject)}`,
    );
    return undefined;
  }

  #say(socket: TLSSocket, what: string): void {
    if (!this.#isClosing) this.#logger.warn(`No TLS with ${addressOf(socket)}: ${what}.`);
  }
}

/**
 * TLS of Node forgets the address when the client has gone. The socket below, which was asked for it when it was accepted,
 * remembers; it has no public name.
 */
function addressOf(socket: TLSSocket): string {
  const { remoteAddress, remotePort } =
    socket.remoteAddress === undefined ? ((socket as { _parent?: Socket })._parent ?? socket) : socket;
  return remoteAddress === undefined
    ? 'a client that has gone'
    : `${plainAddress(remoteAddress)}:${remotePort}`;
}

function contextOf({ material, minVersion, maxVersion, ciphers }: ListenerTls): SecureContextOptions {
  const { key, cert, ca } = material;
  return {
    key,
    cert,
    minVersion,
    maxVersion,
    // One handshake is dear enough: a client of TLS 1.2 could have many of them in one connection.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(ca === undefined ? {} : { ca: [...ca] }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

const GONE_AFTER_HANDSHAKE =
  "the client left when the handshake was over; does it accept this broker's certificate, its name and its dates?";
const NO_CERTIFICATE =
  'the client shows no certificate, and this listener asks for one (ssl.client.auth=required)';

const TROUBLES: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER:
    'the client does not speak TLS; set its security.protocol to that of this listener',
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    'the client does not speak TLS; set its security.protocol to that of this listener',
  ERR_SSL_HTTP_REQUEST: 'the client speaks HTTP',
  ERR_SSL_UNSUPPORTED_PROTOCOL:
    'the client speaks an older version of TLS than this listener takes (ssl.enabled.protocols)',
  ERR_SSL_NO_SHARED_CIPHER: 'client and listener have no cipher suite in common (ssl.cipher.suites)',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA:
    "the client does not trust this broker's certificate; give it the CA's certificate",
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: "the client could not check this broker's certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "the client refuses this broker's certificate",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    "the client refuses this broker's certificate; does it trust its CA, and does the certificate name the address it connected to?",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "the client finds this broker's certificate expired",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: NO_CERTIFICATE,
  ERR_TLS_HANDSHAKE_TIMEOUT: `the handshake was not over after ${HANDSHAKE_MS} ms`,
  ECONNRESET:
    "the client ended the connection before the handshake was over; if it goes on so, it may not trust this broker's certificate",
};

function troubleOf(error: NodeJS.ErrnoException): string {
  return TROUBLES[error.code ?? ''] ?? JSON.stringify(messageOf(error)).slice(1, -1);
}

const REFUSALS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it does not hold yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself, and the truststore does not have it',
  SELF_SIGNED_CERT_IN_CHAIN: 'the truststore does not have its CA',
  UNABLE_TO_GET_ISSUER_CERT: 'the truststore does not have its CA',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the truststore does not have its CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the truststore does not have its CA',
};

function refusedText(error: unknown): string {
  const code =
    error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
  return `the client's certificate is refused: ${REFUSALS[code] ?? code}`;
}
