// What a certificate says of itself, and whether it is good for a host at a time.

import type { X509Certificate } from 'node:crypto';
import { distinguishedName } from './distinguished-name.ts';

export interface CertificateFacts {
  /** Distinguished name, as Java prints it. */
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
  /** In ms since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly dns: readonly string[];
  readonly ips: readonly string[];
  /** Whether it may vouch for others. */
  readonly isAuthority: boolean;
  readonly isSelfSigned: boolean;
  /** `ec prime256v1`, `rsa 2048`. */
  readonly key: string;
  /** SHA-256, in pairs of hexadecimal digits. */
  readonly fingerprint: string;
}

export function certificateFacts(certificate: X509Certificate): CertificateFacts {
  const names = namesOf(certificate.subjectAltName ?? '');
  const { asymmetricKeyType, asymmetricKeyDetails: details = {} } = certificate.publicKey;
  const size = details.namedCurve ?? details.modulusLength ?? '';
  return {
    subject: distinguishedName(certificate.raw),
    issuer: certificate.issuer.split('\n').reverse().join(','),
    serialNumber: certificate.serialNumber,
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    dns: names.filter(({ kind }) => kind === 'DNS').map(({ value }) => value),
    ips: names.filter(({ kind }) => kind === 'IP Address').map(({ value }) => shortIp(value)),
    isAuthority: certificate.ca,
    isSelfSigned: certificate.checkIssued(certificate),
    key: `${asymmetricKeyType} ${size}`.trim(),
    fingerprint: certificate.fingerprint256,
  };
}

/** Whether a client that connects to `host` takes it for that host's. */
export function isForHost(certificate: X509Certificate, host: string): boolean {
  if (isAddress(host)) return certificate.checkIP(host) !== undefined;
  // As Node and Java: names of hosts stand among the alternative names, and the common name counts no more.
  return certificate.checkHost(host, { subject: 'never' }) !== undefined;
}

interface AlternativeName {
  readonly kind: string;
  readonly value: string;
}

/** Node's way to print them; a value with a comma is quoted. */
function namesOf(text: string): AlternativeName[] {
  return Array.from(
    text.matchAll(/(DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g),
    ([, kind = '', value = '']) => ({
      kind,
      value: value.startsWith('"') ? String(JSON.parse(value)) : value,
    }),
  );
}

/** Numbers with dots or colons; no name of a host is only of these. */
function isAddress(host: string): boolean {
  return /^\d+(\.\d+){3}$/.test(host) || host.includes(':');
}

/** `0:0:0:0:0:0:0:1` is `::1` to people. */
function shortIp(text: string): string {
  return text.includes(':') ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text;
}
