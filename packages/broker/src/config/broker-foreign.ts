// Settings that are none of Apache Kafka 4.3's documented ones but stand in many a server.properties: those it has for its
// own tests, those of older versions, and those of clients. They are accepted and do nothing; at start they are named.

/** Without documentation in Apache Kafka, and not shown by DescribeConfigs there. */
const INTERNAL: ReadonlySet<string> = new Set([
  'controller.performance.always.log.threshold.ms',
  'controller.performance.sample.period.ms',
  'group.consumer.regex.refresh.interval.ms',
  'group.share.initialize.retry.interval.ms',
  'group.share.persister.class.name',
  'internal.metadata.delete.delay.millis',
  'internal.metadata.log.segment.bytes',
  'internal.metadata.max.batch.size.in.bytes',
  'log.initial.task.delay.ms',
  'producer.id.expiration.check.interval.ms',
  'remote.log.index.file.cache.ttl.ms',
  'remote.log.manager.task.retry.backoff.max.ms',
  'remote.log.manager.task.retry.backoff.ms',
  'remote.log.manager.task.retry.jitter',
  'server.max.startup.time.ms',
  'share.coordinator.cold.partition.snapshot.interval.ms',
  'share.coordinator.state.topic.prune.interval.ms',
  'unclean.leader.election.interval.ms',
  'unstable.api.versions.enable',
  'unstable.feature.versions.enable',
]);

/** Of Apache Kafka 3, gone in 4. */
const OLDER: ReadonlySet<string> = new Set([
  'auto.include.jmx.reporter',
  'broker.id.generation.enable',
  'control.plane.listener.name',
  'controlled.shutdown.max.retries',
  'controlled.shutdown.retry.backoff.ms',
  'delegation.token.master.key',
  'inter.broker.protocol.version',
  'log.message.downconversion.enable',
  'log.message.format.version',
  'log.message.timestamp.difference.max.ms',
  'offsets.commit.required.acks',
  'password.encoder.cipher.algorithm',
  'password.encoder.iterations',
  'password.encoder.key.length',
  'password.encoder.keyfactory.algorithm',
  'password.encoder.old.secret',
  'password.encoder.secret',
  'reserved.broker.max.id',
]);

/** Of clients; the image bitnami/kafka takes them for its own producer and consumer. */
const OF_CLIENTS: ReadonlySet<string> = new Set(['max.partition.fetch.bytes', 'max.request.size']);

/** Variables of the images of Kafka that say nothing to Klamm: those of Java, and those of their start scripts. */
const OF_IMAGES: ReadonlySet<string> = new Set([
  'KAFKA_CLIENT_LISTENER_NAME',
  'KAFKA_CLIENT_SASL_MECHANISM',
  'KAFKA_CONTROLLER_PASSWORD',
  'KAFKA_CONTROLLER_USER',
  'KAFKA_ENABLE_KRAFT',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_HEAP_OPTS',
  'KAFKA_INITSCRIPTS_DIR',
  'KAFKA_JMX_HOSTNAME',
  'KAFKA_JMX_OPTS',
  'KAFKA_JMX_PORT',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_LOG4J_LOGGERS',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_LOG4J_ROOT_LOGLEVEL',
  'KAFKA_SKIP_KRAFT_STORAGE_INIT',
  'KAFKA_TOOLS_LOG4J_LOGLEVEL',
]);

export function isImageVariable(variable: string): boolean {
  return OF_IMAGES.has(variable) || variable.startsWith('KAFKA_ZOOKEEPER_');
}

/** Why a setting that is in no table is accepted all the same; undefined where it is not. */
export function foreignMeaning(name: string): string | undefined {
  if (isImageVariable(name)) return 'a variable of an image of Kafka';
  if (name.startsWith('zookeeper.')) return 'there is no ZooKeeper since Apache Kafka 4';
  if (INTERNAL.has(name)) return "one of Kafka's own tests";
  if (OLDER.has(name)) return 'gone since Apache Kafka 4';
  return OF_CLIENTS.has(name) ? 'a setting of clients' : undefined;
}
