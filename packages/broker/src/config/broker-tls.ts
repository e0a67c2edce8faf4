// The broker settings of TLS (SslConfigs and BrokerSecurityConfigs of Apache Kafka 4.3). All of them may be given for one
// listener: `listener.name.external.ssl.keystore.location`. Rows marked `inert` are accepted and do nothing.

import type { ConfigTable } from '@klamm/base/config';

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
    dynamic: 'per-broker',
    default: '',
    doc: "Cipher suites that are offered, by their IANA names; by default Node's choice.",
  },
  'ssl.client.auth': {
    type: 'string',
    dynamic: 'per-broker',
    default: 'none',
    oneOf: ['none', 'requested', 'required'],
    doc: 'Whether clients have to show a certificate that the truststore vouches for.',
  },
  'ssl.enabled.protocols': {
    type: 'list',
    dynamic: 'per-broker',
    default: 'TLSv1.2,TLSv1.3',
    oneOf: ['TLSv1.2', 'TLSv1.3'],
    doc: 'Versions of TLS that are spoken.',
  },
  'ssl.endpoint.identification.algorithm': {
    type: 'string',
    dynamic: 'per-broker',
    inert: true,
    default: 'https',
    doc: 'Whether brokers check the host name of the brokers they connect to.',
  },
  'ssl.engine.factory.class': {
    type: 'class',
    dynamic: 'per-broker',
    inert: true,
    default: null,
    doc: 'Java class that makes TLS engines.',
  },
  'ssl.key.password': {
    type: 'password',
    dynamic: 'per-broker',
    default: null,
    doc: 'Password of the private key, where it has one of its own.',
  },
  'ssl.keymanager.algorithm': {
    type: 'string',
    dynamic: 'per-broker',
    inert: true,
    default: 'SunX509',
    doc: 'Key manager of Java.',
  },
  'ssl.keystore.certificate.chain': {
    type: 'password',
    dynamic: 'per-broker',
    default: null,
    doc: 'The certificate of this broker and those that vouch for it, in PEM, instead of a file.',
  },
  'ssl.keystore.key': {
    type: 'password',
    dynamic: 'per-broker',
    default: null,
    doc: 'The private key of this broker, in PEM, instead of a file.',
  },
  'ssl.keystore.location': {
    type: 'string',
    dynamic: 'per-broker',
    default: null,
    doc: 'File with the private key and the certificate of this broker.',
  },
  'ssl.keystore.password': {
    type: 'password',
    dynamic: 'per-broker',
    default: null,
    doc: 'Password of that file.',
  },
  'ssl.keystore.type': {
    type: 'string',
    dynamic: 'per-broker',
    default: 'JKS',
    oneOf: ['JKS', 'PKCS12', 'PEM'],
    doc: 'Format of that file; where it is not given, Klamm sees it from the file.',
  },
  'ssl.principal.mapping.rules': {
    type: 'string',
    default: 'DEFAULT',
    doc: "How the name of a client's certificate becomes that of a user: RULE:pattern/replacement/[LU], DEFAULT.",
  },
  'ssl.protocol': {
    type: 'string',
    dynamic: 'per-broker',
    default: 'TLSv1.3',
    oneOf: ['TLS', 'TLSv1.2', 'TLSv1.3'],
    doc: 'The version of TLS at the most.',
  },
  'ssl.provider': {
    type: 'string',
    dynamic: 'per-broker',
    inert: true,
    default: null,
    doc: 'TLS provider of Java.',
  },
  'ssl.secure.random.implementation': {
    type: 'string',
    dynamic: 'per-broker',
    inert: true,
    default: null,
    doc: 'Random source of Java.',
  },
  'ssl.trustmanager.algorithm': {
    type: 'string',
    dynamic: 'per-broker',
    inert: true,
    default: 'PKIX',
    doc: 'Trust manager of Java.',
  },
  'ssl.truststore.certificates': {
    type: 'password',
    dynamic: 'per-broker',
    default: null,
    doc: 'The certificates that vouch for those of clients, in PEM, instead of a file.',
  },
  'ssl.truststore.location': {
    type: 'string',
    dynamic: 'per-broker',
    default: null,
    doc: 'File with the certificates that vouch for those of clients.',
  },
  'ssl.truststore.password': {
    type: 'password',
    dynamic: 'per-broker',
    default: null,
    doc: 'Password of that file.',
  },
  'ssl.truststore.type': {
    type: 'string',
    dynamic: 'per-broker',
    default: 'JKS',
    oneOf: ['JKS', 'PKCS12', 'PEM'],
    doc: 'Format of that file; where it is not given, Klamm sees it from the file.',
  },
} as const satisfies ConfigTable;
