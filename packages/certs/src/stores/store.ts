// What a key store holds, whatever its format (java.security.KeyStore has the same two kinds of entries).

/** A private key with the certificates that vouch for it. */
export interface StoreKey {
  readonly alias: string;
  /** PKCS8, in PEM. */
  readonly key: string;
  /** In PEM, the key's own certificate first. */
  readonly chain: readonly string[];
}

/** A certificate that the holder of the store trusts. */
export interface StoreCertificate {
  readonly alias: string;
  /** In PEM. */
  readonly certificate: string;
}

export type StoreType = 'PEM' | 'PKCS12' | 'JKS';

export interface Store {
  readonly type: StoreType;
  readonly keys: readonly StoreKey[];
  readonly certificates: readonly StoreCertificate[];
  /**
   * Whether Java takes the certificates of this file for trusted: those of a PKCS12 file have to carry an attribute that
   * says so, or Java sees none of them.
   */
  readonly isTrustedByJava: boolean;
}

const LINE = 64;

/** Wraps DER in PEM: `CERTIFICATE`, `PRIVATE KEY`. */
export function pemOf(label: string, der: Buffer): string {
  const text = der.toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += LINE) lines.push(text.slice(at, at + LINE));
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** The bytes of one block of PEM. */
export function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
}
