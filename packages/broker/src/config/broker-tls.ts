// The broker settings of TLS (SslConfigs and BrokerSecurityConfigs of Apache Kafka 4.3), those that Klamm acts on. All
// of them may be given for one listener: `listener.name.external.ssl.keystore.location`.

import type { ConfigTable } from '@klamm/base/config';

const STORES = ['JKS', 'PKCS12', 'PEM'];

export const tlsConfigs = {
  'ssl.allow.dn.changes': {
    type: 'boolean',
    default: 'false',
    doc: 'Whether a keystore that is put in the place of another may be of another distinguished name.',
  },
  'ssl.allow.san.changes': {
    type: 'boolean',
    default: 'false',
    doc: 'Whether a keystore that is put in the place of another may have other subject alternative names.',
  },
  'ssl.cipher.suites': {
    type: 'list',
    default: '',
    doc: "Cipher suites that are offered, by their IANA names; by default Node's choice.",
  },
  'ssl.client.auth': {
    type: 'string',
    default: 'none',
    oneOf: ['none', 'requested', 'required'],
    doc: 'Whether clients have to show a certificate that the truststore vouches for.',
  },
  'ssl.enabled.protocols': {
    type: 'list',
    default: 'TLSv1.2,TLSv1.3',
    oneOf: ['TLSv1.2', 'TLSv1.3'],
    doc: 'Versions of TLS that are spoken.',
  },
  'ssl.key.password': {
    type: 'password',
    dynamic: true,
    default: null,
    doc: 'Password of the private key, where it has one of its own.',
  },
  'ssl.keystore.certificate.chain': {
    type: 'password',
    dynamic: true,
    default: null,
    doc: 'The certificate of this broker and those that vouch for it, in PEM, instead of a file.',
  },
  'ssl.keystore.key': {
    type: 'password',
    dynamic: true,
    default: null,
    doc: 'The private key of this broker, in PEM, instead of a file.',
  },
  'ssl.keystore.location': {
    type: 'string',
    dynamic: true,
    default: null,
    doc: 'File with the private key and the certificate of this broker.',
  },
  'ssl.keystore.password': {
    type: 'password',
    dynamic: true,
    default: null,
    doc: 'Password of that file.',
  },
  'ssl.keystore.type': {
    type: 'string',
    dynamic: true,
    default: 'JKS',
    oneOf: STORES,
    doc: 'Format of that file; where it is not given, Klamm sees it from the file.',
  },
  'ssl.principal.mapping.rules': {
    type: 'string',
    default: 'DEFAULT',
    doc: "How the name of a client's certificate becomes that of a user: RULE:pattern/replacement/[LU], DEFAULT.",
  },
  'ssl.protocol': {
    type: 'string',
    default: 'TLSv1.3',
    oneOf: ['TLS', 'TLSv1.2', 'TLSv1.3'],
    doc: 'The version of TLS at the most.',
  },
  'ssl.truststore.certificates': {
    type: 'password',
    dynamic: true,
    default: null,
    doc: 'The certificates that vouch for those of clients, in PEM, instead of a file.',
  },
  'ssl.truststore.location': {
    type: 'string',
    dynamic: true,
    default: null,
    doc: 'File with the certificates that vouch for those of clients.',
  },
  'ssl.truststore.password': {
    type: 'password',
    dynamic: true,
    default: null,
    doc: 'Password of that file.',
  },
  'ssl.truststore.type': {
    type: 'string',
    dynamic: true,
    default: 'JKS',
    oneOf: STORES,
    doc: 'Format of that file; where it is not given, Klamm sees it from the file.',
  },
} as const satisfies ConfigTable;
