// The broker settings of listeners, sockets and threads, and of what is measured (SocketServerConfigs and MetricConfigs
// of Apache Kafka 4.3). Rows marked `inert` are accepted and do nothing.

import type { ConfigTable } from '@klamm/base/config';

export const networkConfigs = {
  'advertised.listeners': {
    type: 'list',
    default: null,
    doc: 'Addresses that clients are told to connect to; by default those of listeners.',
  },
  'background.threads': {
    type: 'int',
    dynamic: 'cluster-wide',
    inert: true,
    default: '10',
    min: 1,
    doc: 'Threads for work in the background.',
  },
  'broker.rack': {
    type: 'string',
    default: null,
    doc: 'Rack of this node, told to clients.',
  },
  'config.providers': {
    type: 'list',
    dynamic: 'cluster-wide',
    inert: true,
    default: '',
    doc: 'Java classes that fetch values of settings from elsewhere.',
  },
  'connections.max.idle.ms': {
    type: 'long',
    default: '600000',
    doc: 'Time without traffic after which a connection is closed, in ms.',
  },
  'kafka.metrics.polling.interval.secs': {
    type: 'int',
    inert: true,
    default: '10',
    min: 1,
    doc: 'How often metrics are gathered, in s.',
  },
  'kafka.metrics.reporters': {
    type: 'list',
    inert: true,
    default: '',
    doc: 'Java classes that metrics are told to.',
  },
  'listener.security.protocol.map': {
    type: 'string',
    default: 'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    doc: 'Security protocol of each listener name.',
  },
  listeners: {
    type: 'list',
    default: 'PLAINTEXT://127.0.0.1:9092',
    doc: 'Addresses to listen on, as NAME://HOST:PORT, separated by commas.',
  },
  'metric.reporters': {
    type: 'list',
    dynamic: 'cluster-wide',
    inert: true,
    default: 'org.apache.kafka.common.metrics.JmxReporter',
    doc: 'Java classes that metrics are told to.',
  },
  'metrics.num.samples': {
    type: 'int',
    inert: true,
    default: '2',
    min: 1,
    doc: 'Samples that a metric is computed from.',
  },
  'metrics.recording.level': {
    type: 'string',
    inert: true,
    default: 'INFO',
    doc: 'How much is measured.',
  },
  'metrics.sample.window.ms': {
    type: 'long',
    inert: true,
    default: '30000',
    min: 1,
    doc: 'Length of a sample, in ms.',
  },
  'num.io.threads': {
    type: 'int',
    dynamic: 'cluster-wide',
    inert: true,
    default: '8',
    min: 1,
    doc: 'Threads that work on requests; Klamm has one.',
  },
  'num.network.threads': {
    type: 'int',
    dynamic: 'cluster-wide',
    inert: true,
    default: '3',
    min: 1,
    doc: 'Threads that read and write sockets; Klamm has one.',
  },
  'queued.max.request.bytes': {
    type: 'long',
    default: '-1',
    doc: 'Most bytes of requests that are being worked on before reading pauses; -1 for no limit.',
  },
  'queued.max.requests': {
    type: 'int',
    default: '500',
    min: 1,
    doc: 'Most requests that are being worked on before reading pauses.',
  },
  'socket.listen.backlog.size': {
    type: 'int',
    default: '50',
    min: 1,
    doc: 'Connections that may wait to be accepted.',
  },
  'socket.receive.buffer.bytes': {
    type: 'int',
    inert: true,
    default: '102400',
    doc: 'Receive buffer of sockets, in bytes; the system chooses.',
  },
  'socket.request.max.bytes': {
    type: 'int',
    default: '104857600',
    min: 1,
    doc: 'Largest request that is read, in bytes.',
  },
  'socket.send.buffer.bytes': {
    type: 'int',
    inert: true,
    default: '102400',
    doc: 'Send buffer of sockets, in bytes; the system chooses.',
  },
  'telemetry.max.bytes': {
    type: 'int',
    inert: true,
    default: '1048576',
    min: 1,
    doc: 'Largest telemetry that clients may send, in bytes.',
  },
} as const satisfies ConfigTable;
