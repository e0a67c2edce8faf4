// The broker settings of SASL logins (BrokerSecurityConfigs, SaslConfigs and DelegationTokenManagerConfigs of Apache
// Kafka 4.3), those that Klamm acts on. Those of SASL may be given for one listener, and some for one mechanism of it:
// `listener.name.external.plain.sasl.jaas.config`.

import type { ConfigTable } from '@klamm/base/config';

export const saslConfigs = {
  'connection.failed.authentication.delay.ms': {
    type: 'int',
    default: '100',
    min: 0,
    doc: 'How long the answer to a login that failed is held back, in ms.',
  },
  'connections.max.reauth.ms': {
    type: 'long',
    default: '0',
    doc: 'How long a login holds before the client has to log in again, in ms; 0 for ever.',
  },
  'delegation.token.expiry.check.interval.ms': {
    type: 'long',
    default: '3600000',
    min: 1,
    doc: 'How often expired delegation tokens are removed, in ms.',
  },
  'delegation.token.expiry.time.ms': {
    type: 'long',
    default: '86400000',
    min: 1,
    doc: 'How long a delegation token holds before it has to be renewed, in ms.',
  },
  'delegation.token.max.lifetime.ms': {
    type: 'long',
    default: '604800000',
    min: 1,
    doc: 'How long a delegation token can be renewed, in ms.',
  },
  'delegation.token.secret.key': {
    type: 'password',
    default: null,
    doc: 'Secret that delegation tokens are signed with; without it there are none.',
  },
  'sasl.enabled.mechanisms': {
    type: 'list',
    dynamic: 'per-broker',
    default: 'GSSAPI',
    doc: 'Mechanisms that clients may log in by: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER. Klamm has no GSSAPI.',
  },
  'sasl.jaas.config': {
    type: 'password',
    dynamic: 'per-broker',
    default: null,
    doc: 'Users or options of one mechanism of one listener, as Java writes them.',
  },
  'sasl.oauthbearer.clock.skew.seconds': {
    type: 'int',
    default: '30',
    doc: 'How far the clock of whoever signs tokens may be off, in s.',
  },
  'sasl.oauthbearer.expected.audience': {
    type: 'list',
    default: '',
    doc: 'Audiences of which a token has to name one.',
  },
  'sasl.oauthbearer.expected.issuer': {
    type: 'string',
    default: null,
    doc: 'Who has to have issued a token.',
  },
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': {
    type: 'long',
    default: '3600000',
    doc: 'How often the keys that tokens are signed with are read again, in ms.',
  },
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': {
    type: 'long',
    default: '10000',
    doc: 'Longest wait before the keys are asked for again after a failure, in ms.',
  },
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': {
    type: 'long',
    default: '100',
    doc: 'First wait before the keys are asked for again after a failure, in ms.',
  },
  'sasl.oauthbearer.jwks.endpoint.url': {
    type: 'string',
    default: null,
    doc: 'Where the keys that tokens are signed with are: an http, https or file URL of a JWK set.',
  },
  'sasl.oauthbearer.scope.claim.name': {
    type: 'string',
    default: 'scope',
    doc: 'Name of the claim with the scopes of a token.',
  },
  'sasl.oauthbearer.sub.claim.name': {
    type: 'string',
    default: 'sub',
    doc: 'Name of the claim with the user of a token.',
  },
  'sasl.server.max.receive.size': {
    type: 'int',
    default: '524288',
    doc: 'Largest message of a login, in bytes.',
  },
} as const satisfies ConfigTable;
