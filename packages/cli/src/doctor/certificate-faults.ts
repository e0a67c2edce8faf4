// What is wrong with a broker's certificate, in a file or shown by one that runs: its time, and its names.

import type { X509Certificate } from 'node:crypto';
import type { Finding } from './finding.ts';

const SOON_MS = 30 * 24 * 3600 * 1000;

type Fault = Pick<Finding, 'level' | 'code' | 'what' | 'instead'>;

/**
 * @param where as in "in keystore.p12"
 * @param now ms since 1970
 * @param host what clients connect to, which they compare; undefined where it is not known
 */
export function certificateFaults(
  certificate: X509Certificate,
  where: string,
  now: number,
  host: string | undefined,
): Fault[] {
  return [
    ...timeFaults(certificate, where, now),
    ...(host === undefined ? [] : nameFaults(certificate, where, host)),
  ];
}

function timeFaults(certificate: X509Certificate, where: string, now: number): Fault[] {
  const until = Date.parse(certificate.validTo);
  const from = Date.parse(certificate.validFrom);
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const instead = 'A new certificate, as `klamm certs renew` makes it';
  if (now > until) {
    const what = `The certificate ${where} expired on ${day(until)}: clients refuse it.`;
    return [{ level: 'error', code: 'certificate-expired', what, instead }];
  }
  if (now < from) {
    const what = `The certificate ${where} is valid from ${day(from)} on only: until then clients refuse it.`;
    return [{ level: 'error', code: 'certificate-not-yet-valid', what, instead }];
  }
  if (until - now > SOON_MS) return [];
  const what = `The certificate ${where} expires on ${day(until)}.`;
  return [{ level: 'warning', code: 'certificate-expires-soon', what, instead }];
}

function nameFaults(certificate: X509Certificate, where: string, host: string): Fault[] {
  const isAddress = host.includes(':') || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
  const fits = isAddress ? certificate.checkIP(host) : certificate.checkHost(host, { subject: 'never' });
  if (fits !== undefined) return [];
  const has = certificate.subjectAltName ?? 'none at all';
  return [
    {
      level: 'error',
      code: 'certificate-name',
      what: `Clients are told to connect to ${host}, but the certificate ${where} is not for that: its subject alternative names are ${has}. Clients that look, as they should, refuse it.`,
      instead: `A certificate with the subject alternative name ${isAddress ? 'IP' : 'DNS'}:${host}, as \`klamm certs broker --address ${host}\` makes it`,
    },
  ];
}
