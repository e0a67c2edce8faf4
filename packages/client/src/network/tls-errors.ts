// What can go wrong with TLS, in words for a person: what it is, and what to do about it. A broker that is not the one
// it should be, or does not speak TLS at all, will not be another next time: no such error is retriable.

import { isIP } from 'node:net';
import { KlammError } from '@klamm/base/errors';
import { addressText, type BrokerAddress } from './address.ts';

const CODE = 'SSL_AUTHENTICATION_FAILED';

const TRUST = 'give the certificate of the CA that signed it as `tls.ca` or in `tls.truststore`';
const CAUSES: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: `its certificate is signed by a CA that is not trusted here; ${TRUST}`,
  UNABLE_TO_GET_ISSUER_CERT: `its certificate is signed by a CA that is not trusted here; ${TRUST}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `its certificate is signed by a CA that is not trusted here; ${TRUST}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `its certificate is signed by a CA that is not trusted here; ${TRUST}`,
  DEPTH_ZERO_SELF_SIGNED_CERT: `its certificate is signed by itself, and not trusted here; ${TRUST}`,
  CERT_SIGNATURE_FAILURE: `the signature of its certificate is not that of the CA given; ${TRUST}`,
  ERR_SSL_WRONG_VERSION_NUMBER:
    'it does not speak TLS there; leave `tls` out, or use the port of a TLS listener',
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    'it does not speak TLS there; leave `tls` out, or use the port of a TLS listener',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'it asks for a certificate of this client; give `tls.cert` and `tls.key`, or `tls.keystore`',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "it does not trust the CA of this client's certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE:
    "it refuses this client's certificate, or asks for one (`tls.cert` and `tls.key`)",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "it refuses this client's certificate",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "this client's certificate has expired",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks other versions of TLS (`tls.minVersion`)',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks other versions of TLS (`tls.minVersion`)',
  ERR_SSL_SSL_TLSV1_ALERT_HANDSHAKE_FAILURE: 'there is no cipher suite that both know (`tls.ciphers`)',
  ERR_OSSL_EVP_BAD_DECRYPT: 'the password does not open `tls.key`',
};

/** What the error of a handshake means; undefined where it has nothing to do with TLS. */
export function tlsError(address: BrokerAddress, error: NodeJS.ErrnoException): KlammError | undefined {
  const { code = '' } = error;
  const cause = causeOf(address, code, error);
  if (cause === undefined) return undefined;
  return new KlammError(`No TLS with ${addressText(address)}: ${cause}.`, {
    code: CODE,
    retriable: false,
    cause: error,
  });
}

/** A broker that speaks TLS answered in TLS: an alert is the first thing it sent. */
export function expectsTls(address: BrokerAddress): KlammError {
  return new KlammError(
    `${addressText(address)} speaks TLS, and this client does not: set the option \`tls\`, or use the port of a listener without TLS.`,
    { code: CODE, retriable: false },
  );
}

/** A broker answered in the clear. */
export function refusesTls(address: BrokerAddress): KlammError {
  return new KlammError(
    `${addressText(address)} does not speak TLS, and this client does: leave the option \`tls\` out, or use the port of a listener with TLS.`,
    { code: CODE, retriable: false },
  );
}

/** What the bytes begin with, where they are an alert of TLS. */
export function isTlsAlert(bytes: Uint8Array): boolean {
  return bytes[0] === 0x15 && bytes[1] === 0x03;
}

interface PeerError extends NodeJS.ErrnoException {
  readonly cert?: {
    readonly subjectaltname?: string;
    readonly valid_to?: string;
    readonly valid_from?: string;
  };
}

function causeOf(address: BrokerAddress, code: string, error: PeerError): string | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = error.cert?.subjectaltname ?? 'none';
    const kind = isIP(address.host) === 0 ? 'DNS' : 'IP Address';
    return `its certificate is for other addresses (${names}), not for ${kind}:${address.host}; connect by one of those, or have a certificate made with this one among its subject alternative names`;
  }
  if (code === 'CERT_HAS_EXPIRED')
    return `its certificate has expired${dated('held until', error.cert?.valid_to)}; the broker needs a new one (\`klamm certs check ${addressText(address)}\` shows it)`;
  if (code === 'CERT_NOT_YET_VALID')
    return `its certificate does not hold yet${dated('holds from', error.cert?.valid_from)}; are the clocks right?`;
  return (
    CAUSES[code] ?? (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') ? error.message : undefined)
  );
}

function dated(what: string, date: string | undefined): string {
  return date === undefined ? '' : ` (it ${what} ${date})`;
}
