// Names of cipher suites: Kafka's settings have Java's, which are IANA's; Node takes OpenSSL's.

import { getCiphers } from 'node:tls';
import { KlammError } from '@klamm/base/errors';

/** From Java's names, which are IANA's, to OpenSSL's. Those of TLS 1.3 are the same in both. */
export function openSslCiphers(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const known = new Set(getCiphers());
  const translated = names.map((name) => {
    const candidates = [name, openSslName(name)];
    const found = candidates.find((candidate) => known.has(candidate.toLowerCase()));
    if (found === undefined) {
      throw new KlammError(`ssl.cipher.suites: ${name} is not among the cipher suites of this Node.`, {
        code: 'INVALID_CONFIG',
        errorCode: 40,
        retriable: false,
      });
    }
    return found;
  });
  return translated.join(':');
}

/** TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is ECDHE-RSA-AES128-GCM-SHA256. */
function openSslName(name: string): string {
  return name
    .replace(/^TLS_/, '')
    .replace(/^RSA_WITH_/, '')
    .replace('_WITH_', '_')
    .replace(/AES_(\d+)/, 'AES$1')
    .replace('_CBC_', '_')
    .replace('CHACHA20_POLY1305_SHA256', 'CHACHA20_POLY1305')
    .replaceAll('_', '-');
}
