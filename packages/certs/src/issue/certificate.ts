// Issues certificates: a certificate authority of one's own, brokers that it vouches for under all their addresses, and
// clients with a name. X.509 version 3 as RFC 5280 wants it; what each extension is for stands beside it.

import { createPublicKey, type KeyObject, randomBytes, type webcrypto, X509Certificate } from 'node:crypto';
import { systemClock } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import type * as x509 from '@peculiar/x509';
import { type KeyKind, keyOf, newKey, pemOfKey, signingOf, webKey } from './keys.ts';

/** A certificate and its private key, in PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

interface Common {
  /** Distinguished name: `CN=broker-1,O=Example`; the user of Kafka that it is, `User:CN=broker-1,O=Example`. */
  readonly name: string;
  /** How long it holds, in days. Default: 3650 for an authority, 825 for all others. */
  readonly days?: number | undefined;
  /** Default: ec-p256, which all clients take. */
  readonly keyKind?: KeyKind | undefined;
  /** From when it holds, in ms since 1970. Default: now. */
  readonly now?: number;
  /** A key to go on with, instead of a new one. */
  readonly key?: string | undefined;
}

/** Names and addresses that a broker is reached by. */
export interface Addresses {
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
}

const AUTHORITY_DAYS = 3650;
/** The most that the clients of Apple take. */
const LEAF_DAYS = 825;
const KEY_KIND: KeyKind = 'ec-p256';
const DAY_MS = 86_400_000;
/** Clocks differ a little: it holds from a while ago. */
const BEFORE_MS = 5 * 60_000;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** A certificate authority, signed by itself. It vouches for certificates, not for other authorities. */
export async function issueAuthority(options: Common): Promise<Issued> {
  const lib = await library();
  const key = options.key === undefined ? await newKey(options.keyKind ?? KEY_KIND) : keyOf(options.key);
  const usages =
    lib.KeyUsageFlags.keyCertSign | lib.KeyUsageFlags.cRLSign | lib.KeyUsageFlags.digitalSignature;
  return issue(
    lib,
    { ...options, days: options.days ?? AUTHORITY_DAYS },
    key,
    { key, certificate: undefined },
    [new lib.BasicConstraintsExtension(true, 0, true), new lib.KeyUsagesExtension(usages, true)],
  );
}

/** A broker's certificate: good for those who connect to it, and for itself where it connects to other brokers. */
export async function issueBroker(
  options: Common & Addresses & { readonly authority: Issued },
): Promise<Issued> {
  const { dns = [], ips = [] } = options;
  if (dns.length + ips.length === 0) {
    throw new KlammError(
      'A broker needs a name or an address in its certificate, by which clients reach it.',
      {
        code: 'CERTIFICATE_WITHOUT_ADDRESS',
        retriable: false,
      },
    );
  }
  const lib = await library();
  const names = [
    ...dns.map((value) => ({ type: 'dns' as const, value })),
    ...ips.map((value) => ({ type: 'ip' as const, value })),
  ];
  return issueLeaf(lib, options, [
    new lib.ExtendedKeyUsageExtension([SERVER_AUTH, CLIENT_AUTH]),
    new lib.SubjectAlternativeNameExtension(names),
  ]);
}

/** A client's certificate: its distinguished name is who it is. */
export async function issueClient(options: Common & { readonly authority: Issued }): Promise<Issued> {
  const lib = await library();
  return issueLeaf(lib, options, [new lib.ExtendedKeyUsageExtension([CLIENT_AUTH])]);
}

async function issueLeaf(
  lib: typeof x509,
  options: Common & { readonly authority: Issued },
  extensions: readonly x509.Extension[],
): Promise<Issued> {
  const key = options.key === undefined ? await newKey(options.keyKind ?? KEY_KIND) : keyOf(options.key);
  const { authority } = options;
  const certificate = new X509Certificate(authority.certificate);
  const authorityKey = keyOf(authority.key);
  if (!certificate.checkPrivateKey(authorityKey)) {
    throw new KlammError("The authority's certificate and key do not belong together.", {
      code: 'KEY_MISMATCH',
      retriable: false,
    });
  }
  const parsed = new lib.X509Certificate(authority.certificate);
  const { digitalSignature, keyEncipherment } = lib.KeyUsageFlags;
  const isRsa = key.asymmetricKeyType === 'rsa';
  return issue(
    lib,
    { ...options, days: options.days ?? LEAF_DAYS },
    key,
    { key: authorityKey, certificate: parsed },
    [
      new lib.BasicConstraintsExtension(false, undefined, true),
      new lib.KeyUsagesExtension(isRsa ? digitalSignature | keyEncipherment : digitalSignature, true),
      ...extensions,
    ],
  );
}

async function issue(
  lib: typeof x509,
  { name, days, now = systemClock.now() }: Common & { readonly days: number },
  key: KeyObject,
  issuer: { key: KeyObject; certificate: x509.X509Certificate | undefined },
  extensions: readonly x509.Extension[],
): Promise<Issued> {
  const publicKey = webKey(createPublicKey(key), 'verify');
  const issuerPublic = issuer.certificate?.publicKey ?? publicKey;
  const { algorithm, hash } = signingOf(issuer.key);
  const certificate = await lib.X509CertificateGenerator.create({
    // The first bit stays zero: serial numbers are positive.
    serialNumber: Buffer.concat([Buffer.of(1), randomBytes(15)]).toString('hex'),
    subject: partsOf(lib, name),
    issuer: issuer.certificate?.subjectName.toJSON() ?? partsOf(lib, name),
    notBefore: new Date(now - BEFORE_MS),
    notAfter: new Date(now + days * DAY_MS),
    publicKey,
    signingKey: webKey(issuer.key, 'sign'),
    signingAlgorithm: { ...algorithm, hash } as webcrypto.EcdsaParams,
    extensions: [
      ...extensions,
      await lib.SubjectKeyIdentifierExtension.create(publicKey),
      await lib.AuthorityKeyIdentifierExtension.create(issuerPublic),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: pemOfKey(key) };
}

/** As keytool reads it: what is written first is the innermost, and stands last in the certificate (RFC 2253). */
function partsOf(lib: typeof x509, name: string): x509.JsonName {
  try {
    const parts = new lib.Name(name).toJSON();
    if (parts.length > 0) return parts.reverse();
  } catch {
    // Told below, like an empty one.
  }
  throw new KlammError(`"${name}" is no distinguished name; write it as in CN=alice,O=Example.`, {
    code: 'NAME_INVALID',
    retriable: false,
  });
}

/** Loaded when the first certificate is issued: brokers and clients read stores without it. It needs the first import. */
async function library(): Promise<typeof x509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}
