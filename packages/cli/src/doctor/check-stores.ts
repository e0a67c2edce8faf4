// The key stores and trust stores of TLS listeners: that they are there, open with their passwords, hold what they are
// for, and that the certificate is of the key, of the time and of the address that clients are told.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { KlammError } from '@klamm/base/errors';
import { readStore } from '@klamm/certs/stores/read-store';
import type { Store } from '@klamm/certs/stores/store';
import { certificateFaults } from './certificate-faults.ts';
import { type DeployedNode, type Deployment, scopedEntry } from './deployment.ts';
import type { Finding } from './finding.ts';
import { isTls, isWildcard, listenersOf, type NodeListener } from './node-listeners.ts';

export function checkStores(deployment: Deployment): Finding[] {
  return deployment.nodes.flatMap((node) =>
    listenersOf(node)
      .filter(isTls)
      .flatMap((listener) => [
        ...keystore(deployment, node, listener),
        ...truststore(deployment, node, listener),
      ]),
  );
}

class Told {
  readonly node: DeployedNode;
  readonly listener: NodeListener;

  constructor(node: DeployedNode, listener: NodeListener) {
    this.node = node;
    this.listener = listener;
  }

  text(name: string): string | undefined {
    return scopedEntry(this.node, this.listener.name, name)?.value.trim();
  }

  say(level: Finding['level'], code: string, setting: string, what: string, instead: string | null): Finding {
    const entry = scopedEntry(this.node, this.listener.name, setting);
    return {
      level,
      code,
      nodes: [this.node.name],
      places: [entry?.source ?? this.listener.place],
      what,
      instead,
    };
  }
}

/** `undefined`: not to be read on this machine. */
function opened(
  deployment: Deployment,
  told: Told,
  kind: 'keystore' | 'truststore',
): { store: Store } | { findings: Finding[] } | undefined {
  const location = `ssl.${kind}.location`;
  const path = told.text(location);
  const pem =
    kind === 'keystore'
      ? [told.text('ssl.keystore.key'), told.text('ssl.keystore.certificate.chain')]
          .filter(Boolean)
          .join('\n')
      : told.text('ssl.truststore.certificates');
  const bytes = path === undefined ? Buffer.from(pem ?? '') : deployment.read(told.node, path);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const name = path ?? `ssl.${kind}`;
  const password = told.text(`ssl.${kind}.password`);
  const keyPassword = kind === 'keystore' ? told.text('ssl.key.password') : undefined;
  try {
    return { store: readStore({ bytes, name, password, keyPassword }) };
  } catch (error) {
    if (!(error instanceof KlammError)) throw error;
    const isPassword = error.code === 'STORE_PASSWORD_WRONG' || error.code === 'STORE_PASSWORD_MISSING';
    const setting = isPassword ? `ssl.${kind}.password` : location;
    const instead = isPassword ? `${setting} with the password that the file was made with` : null;
    return {
      findings: [
        told.say('error', isPassword ? 'store-password' : 'store-damaged', setting, error.message, instead),
      ],
    };
  }
}

function keystore(deployment: Deployment, node: DeployedNode, listener: NodeListener): Finding[] {
  const told = new Told(node, listener);
  const location = 'ssl.keystore.location';
  if (told.text(location) === undefined && told.text('ssl.keystore.key') === undefined) {
    const what = `${listener.name} speaks TLS, but has no certificate: ${location} is not given, and the broker does not start.`;
    return [
      told.say('error', 'keystore-missing', location, what, `${location} with a file of \`klamm certs\``),
    ];
  }
  const found = opened(deployment, told, 'keystore');
  if (found === undefined) return [];
  if ('findings' in found) return found.findings;
  const [entry] = found.store.keys;
  const name = told.text(location) ?? 'ssl.keystore.key';
  if (entry === undefined) {
    const what = `${name} holds no private key: a keystore needs one, with its certificate.`;
    return [
      told.say(
        'error',
        'keystore-without-key',
        location,
        what,
        'The keystore; what this is may be the truststore',
      ),
    ];
  }
  const [own] = entry.chain;
  if (own === undefined) {
    const what = `${name} holds a private key, but no certificate of it.`;
    return [told.say('error', 'keystore-without-certificate', location, what, null)];
  }
  const certificate = new X509Certificate(own);
  if (!certificate.checkPrivateKey(createPrivateKey(entry.key))) {
    const what = `The certificate in ${name} is of another key than the private key beside it: no client can connect.`;
    return [
      told.say(
        'error',
        'certificate-of-another-key',
        location,
        what,
        'A certificate that was issued for this key',
      ),
    ];
  }
  return certificateFaults(certificate, `in ${name}`, deployment.now, toldHost(listener)).map(
    ({ level, code, what, instead }) => told.say(level, code, location, what, instead),
  );
}

/** What clients of the listener are told to connect to; undefined where nothing says it. */
function toldHost({ advertised, host, isController }: NodeListener): string | undefined {
  const told = advertised?.host ?? host;
  return isController || isWildcard(told) ? undefined : told;
}

function truststore(deployment: Deployment, node: DeployedNode, listener: NodeListener): Finding[] {
  const told = new Told(node, listener);
  const location = 'ssl.truststore.location';
  const clientAuth = told.text('ssl.client.auth') ?? 'none';
  if (told.text(location) === undefined && told.text('ssl.truststore.certificates') === undefined) {
    if (clientAuth === 'none') return [];
    const what = `${listener.name} asks clients for certificates (ssl.client.auth=${clientAuth}), but no truststore says whose it takes.`;
    return [
      told.say(
        'error',
        'truststore-missing',
        'ssl.client.auth',
        what,
        `${location} with the CA of the clients`,
      ),
    ];
  }
  const found = opened(deployment, told, 'truststore');
  if (found === undefined) return [];
  if ('findings' in found) return found.findings;
  const { store } = found;
  const name = told.text(location) ?? 'ssl.truststore.certificates';
  const all = [
    ...store.certificates.map(({ certificate }) => certificate),
    ...store.keys.flatMap(({ chain }) => chain),
  ];
  if (all.length === 0) {
    const what = `${name} holds no certificate: nobody is trusted.`;
    return [
      told.say('error', 'truststore-empty', location, what, 'A truststore with the certificate of the CA'),
    ];
  }
  if (store.type === 'PKCS12' && !store.isTrustedByJava) {
    const what = `${name} is a PKCS12 file with certificates that Java does not see: they lack the attribute that marks them as trusted (OID 2.16.840.1.113894.746875.1.1). openssl does not write it. Java says that the trustAnchors parameter must be non-empty.`;
    return [
      told.say(
        'error',
        'truststore-not-for-java',
        location,
        what,
        'A truststore that `klamm certs` or keytool wrote, or a PEM file',
      ),
    ];
  }
  const expired = all.filter((pem) => Date.parse(new X509Certificate(pem).validTo) < deployment.now);
  if (expired.length < all.length) return [];
  const what = `Every certificate in ${name} has expired: nobody is trusted.`;
  return [
    told.say(
      'error',
      'truststore-expired',
      location,
      what,
      'A truststore with the certificate of a CA that is valid',
    ),
  ];
}
