// MirrorMaker 2, from its jars, as a program that copies one topic: Connect's dedicated mode with one flow, the topic's
// name kept, and nothing of what it does besides (heartbeats, checkpoints, ACLs), so that records are what is measured.

import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../../tests/peers/cache.ts';
import { type RunningProgram, runProgram, startProgram } from '../../tests/peers/program.ts';

const POM = fileURLToPath(new URL('pom.xml', import.meta.url));
const LOGGING = fileURLToPath(new URL('../../tests/peers/java/log4j2.properties', import.meta.url));
const GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
/** What connect-mirror-maker.sh gives its JVM, but for the least it takes. */
const FLAGS = ['-Xmx2g', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'];

export interface Flow {
  readonly source: string;
  readonly target: string;
  readonly topic: string;
  readonly partitions: number;
}

/** What people set who want it fast: large batches that are waited for, and large fetches. */
const TUNED = {
  'target.producer.batch.size': '1048576',
  'target.producer.linger.ms': '50',
  'target.producer.buffer.memory': '134217728',
  'source.consumer.max.poll.records': '20000',
  'source.consumer.max.partition.fetch.bytes': '4194304',
};

/** With what it comes with. */
export const startMirrorMaker = (flow: Flow, folder: string): Promise<RunningProgram> =>
  start(flow, folder, {});
export const startTunedMirrorMaker = (flow: Flow, folder: string): Promise<RunningProgram> =>
  start(flow, folder, TUNED);

async function start(
  flow: Flow,
  folder: string,
  further: Readonly<Record<string, string>>,
): Promise<RunningProgram> {
  const jars = await cached('mirror-maker', [POM], async (into) => {
    await runProgram('mvn', ['-q', '-B', '-f', POM, GOAL, `-DoutputDirectory=${into}`], {
      timeoutMs: 300_000,
    });
  });
  const properties = join(folder, 'mm2.properties');
  writeFileSync(properties, propertiesOf(flow, further));
  const classPath = [join(jars, '*')].join(delimiter);
  const main = 'org.apache.kafka.connect.mirror.MirrorMaker';
  return startProgram('java', [
    ...FLAGS,
    `-Dlog4j2.configurationFile=${LOGGING}`,
    '-cp',
    classPath,
    main,
    properties,
  ]);
}

function propertiesOf(
  { source, target, topic, partitions }: Flow,
  further: Readonly<Record<string, string>>,
): string {
  return Object.entries({
    clusters: 'source,target',
    'source.bootstrap.servers': source,
    'target.bootstrap.servers': target,
    'source->target.enabled': 'true',
    'source->target.topics': topic,
    'target->source.enabled': 'false',
    'replication.policy.class': 'org.apache.kafka.connect.mirror.IdentityReplicationPolicy',
    'tasks.max': String(partitions),
    'emit.heartbeats.enabled': 'false',
    'emit.checkpoints.enabled': 'false',
    'sync.topic.acls.enabled': 'false',
    'sync.topic.configs.enabled': 'false',
    'replication.factor': '1',
    'offset-syncs.topic.replication.factor': '1',
    'checkpoints.topic.replication.factor': '1',
    'heartbeats.topic.replication.factor': '1',
    'offset.storage.replication.factor': '1',
    'status.storage.replication.factor': '1',
    'config.storage.replication.factor': '1',
    'source.consumer.auto.offset.reset': 'earliest',
    'dedicated.mode.enable.internal.rest': 'false',
    ...further,
  })
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');
}
