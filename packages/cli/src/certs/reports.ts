// What `klamm certs` says of certificates, for people and for programs.

import type { X509Certificate } from 'node:crypto';
import { certificateFacts, isForHost } from '@klamm/certs/inspect/certificate-facts';
import type { Row } from '../output/rows.ts';

const DAY_MS = 86_400_000;
/** A certificate that expires so soon wants renewing. */
const SOON_DAYS = 30;

export const CERTIFICATE_COLUMNS = [
  { key: 'file', title: 'FILE' },
  { key: 'entry', title: 'ENTRY' },
  { key: 'subject', title: 'SUBJECT' },
  { key: 'expires', title: 'EXPIRES' },
  { key: 'addresses', title: 'ADDRESSES' },
  { key: 'state', title: 'STATE' },
  { key: 'issuer', title: 'ISSUER', isWide: true },
  { key: 'key', title: 'KEY', isWide: true },
  { key: 'fingerprint', title: 'SHA-256', isWide: true },
] as const;

/** @param entry what it is in the file: `key broker`, `trusted ca` */
export function certificateRow(file: string, entry: string, certificate: X509Certificate, now: number): Row {
  const facts = certificateFacts(certificate);
  return {
    file,
    entry,
    subject: facts.subject,
    issuer: facts.issuer,
    begins: dateText(facts.notBefore),
    expires: dateText(facts.notAfter),
    addresses: [...facts.dns, ...facts.ips],
    isAuthority: facts.isAuthority,
    state: stateOf(facts, now),
    key: facts.key,
    fingerprint: facts.fingerprint,
    serialNumber: facts.serialNumber,
  };
}

function stateOf({ notBefore, notAfter }: { notBefore: number; notAfter: number }, now: number): string {
  if (now > notAfter) return 'expired';
  if (now < notBefore) return 'not yet valid';
  const days = Math.floor((notAfter - now) / DAY_MS);
  return days < SOON_DAYS ? `expires in ${days} days` : 'ok';
}

/** What is wrong with a broker's certificate for who connects to `host`; empty where nothing is. */
export function faultsOf(certificate: X509Certificate, host: string, now: number): string[] {
  const { notBefore, notAfter, dns, ips } = certificateFacts(certificate);
  const faults: string[] = [];
  if (now > notAfter) faults.push(`It expired on ${dateText(notAfter)}: renew it with klamm certs renew.`);
  if (now < notBefore) faults.push(`It holds from ${dateText(notBefore)} on only; are the clocks right?`);
  if (!isForHost(certificate, host)) {
    const names = [...dns, ...ips];
    faults.push(
      `It is not for ${host}, but for ${names.length === 0 ? 'no address at all' : names.join(', ')}: make one with klamm certs broker --address ${host}.`,
    );
  }
  return faults;
}

/** What will be wrong soon. */
export function warningsOf(certificate: X509Certificate, now: number): string[] {
  const { notAfter } = certificateFacts(certificate);
  const days = Math.floor((notAfter - now) / DAY_MS);
  return days >= 0 && days < SOON_DAYS ? [`It expires in ${days} days, on ${dateText(notAfter)}.`] : [];
}

export function dateText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

const REFUSALS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'It is signed by itself, and not trusted: give it with --ca.',
  SELF_SIGNED_CERT_IN_CHAIN:
    'It is signed by an authority that is not trusted: give its certificate with --ca.',
  UNABLE_TO_GET_ISSUER_CERT:
    'It is signed by an authority that is not trusted: give its certificate with --ca.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'It is signed by an authority that is not trusted: give its certificate with --ca.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'The broker does not show who signed it, or that authority is not trusted: give its certificate with --ca.',
};
/** Told by their own words, with the date. */
const TOLD_ELSEWHERE = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** OpenSSL's refusal in plain words; undefined where it is told already. */
export function refusalText(refusal: string): string | undefined {
  return TOLD_ELSEWHERE.has(refusal) ? undefined : (REFUSALS[refusal] ?? `It is refused: ${refusal}.`);
}
