// The properties of TLS (SslConfigs of Apache Kafka 4.3) of clients. Those marked `inert` mean nothing here: they are of
// Java.

import type { ConfigTable } from '@klamm/base/config';

export const tlsConfigs = {
  'security.protocol': {
    type: 'string',
    default: 'PLAINTEXT',
    oneOf: ['SASL_SSL', 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT'],
    anyCase: true,
    doc: 'PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL: `tls` and `sasl`.',
  },
  'security.providers': {
    type: 'string',
    inert: true,
    default: null,
    doc: 'Security providers of Java.',
  },
  'ssl.cipher.suites': {
    type: 'list',
    inert: true,
    default: '',
    doc: 'Cipher suites that are offered.',
  },
  'ssl.enabled.protocols': {
    type: 'list',
    default: 'TLSv1.2,TLSv1.3',
    doc: 'Versions of TLS that are spoken: `tls.minVersion`.',
  },
  'ssl.endpoint.identification.algorithm': {
    type: 'string',
    default: 'https',
    doc: 'Whether the certificate is compared with the address; it always is: only https is taken.',
  },
  'ssl.engine.factory.class': {
    type: 'class',
    inert: true,
    default: null,
    doc: 'Java class that makes TLS engines.',
  },
  'ssl.key.password': {
    type: 'password',
    default: null,
    doc: 'Password of the private key, where it has one of its own.',
  },
  'ssl.keymanager.algorithm': {
    type: 'string',
    inert: true,
    default: 'SunX509',
    doc: 'Key manager of Java.',
  },
  'ssl.keystore.certificate.chain': {
    type: 'password',
    default: null,
    doc: 'The certificate of the client and those that vouch for it, in PEM: `tls.cert`.',
  },
  'ssl.keystore.key': {
    type: 'password',
    default: null,
    doc: 'The private key of the client, in PEM: `tls.key`.',
  },
  'ssl.keystore.location': {
    type: 'string',
    default: null,
    doc: 'File with the private key and the certificate of the client: `tls.keystore`.',
  },
  'ssl.keystore.password': {
    type: 'password',
    default: null,
    doc: 'Password of that file.',
  },
  'ssl.keystore.type': {
    type: 'string',
    default: 'JKS',
    doc: 'Format of that file; the client sees it from the file.',
  },
  'ssl.protocol': {
    type: 'string',
    inert: true,
    default: 'TLSv1.3',
    doc: 'The version of TLS at the most.',
  },
  'ssl.provider': {
    type: 'string',
    inert: true,
    default: null,
    doc: 'TLS provider of Java.',
  },
  'ssl.secure.random.implementation': {
    type: 'string',
    inert: true,
    default: null,
    doc: 'Random source of Java.',
  },
  'ssl.trustmanager.algorithm': {
    type: 'string',
    inert: true,
    default: 'PKIX',
    doc: 'Trust manager of Java.',
  },
  'ssl.truststore.certificates': {
    type: 'password',
    default: null,
    doc: 'The certificates that vouch for brokers, in PEM: `tls.ca`.',
  },
  'ssl.truststore.location': {
    type: 'string',
    default: null,
    doc: 'File with the certificates that vouch for brokers: `tls.truststore`.',
  },
  'ssl.truststore.password': {
    type: 'password',
    default: null,
    doc: 'Password of that file.',
  },
  'ssl.truststore.type': {
    type: 'string',
    default: 'JKS',
    doc: 'Format of that file; the client sees it from the file.',
  },
} as const satisfies ConfigTable;
