// Java and Apache Kafka's jars, which nodes of a cluster on this machine run by. The jars are those of KAFKA_HOME, or Maven
// fetches them once, from wherever it is set up to fetch, into the user's cache.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KlammError, messageOf } from '@klamm/base/errors';

const KAFKA_VERSION = '4.3.1';
const JAVA_VERSION_MIN = 17;
const MAVEN_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const MAVEN_TIMEOUT_MS = 10 * 60_000;

/** What the nodes write into their logs: what they do, one line each. */
const LOGGING = `status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = [%d] %p %m (%c{1})%n%throwable
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
`;

const run = promisify(execFile);

export interface KafkaRuntime {
  readonly version: string;
  readonly command: string;
  /** Arguments that run a main class of Kafka's. */
  argumentsOf(mainClass: string, args: readonly string[], heapMb: number): string[];
}

/**
 * Finds Java and the jars. `say` is told when they have to be fetched. Throws KlammError JAVA_MISSING or KAFKA_MISSING, which
 * say what to install.
 */
export async function kafkaRuntime(say: (text: string) => void): Promise<KafkaRuntime> {
  await requireJava();
  const { classPath, version } = await findJars(say);
  const logging = loggingFile();
  return {
    version,
    command: 'java',
    argumentsOf: (mainClass, args, heapMb) => [
      `-Xmx${heapMb}m`,
      '-XX:+UseSerialGC',
      '-XX:+ExitOnOutOfMemoryError',
      '-Xshare:auto',
      `-Dlog4j2.configurationFile=${logging}`,
      '-cp',
      classPath,
      mainClass,
      ...args,
    ],
  };
}

async function requireJava(): Promise<void> {
  let text: string;
  try {
    text = (await run('java', ['-version'])).stderr;
  } catch {
    throw missing(
      'JAVA_MISSING',
      `Apache Kafka ${KAFKA_VERSION} runs on Java, and there is no \`java\` here. Install Java ${JAVA_VERSION_MIN} or newer (Debian: apt install default-jre-headless), or use --compose where Docker is. One durable node needs no Java: klamm start.`,
    );
  }
  const version = Number(/version "(\d+)/.exec(text)?.[1]);
  if (version >= JAVA_VERSION_MIN) return;
  throw missing(
    'JAVA_MISSING',
    `Apache Kafka ${KAFKA_VERSION} needs Java ${JAVA_VERSION_MIN} or newer, and \`java\` here is ${text.split('\n')[0]}.`,
  );
}

async function findJars(say: (text: string) => void): Promise<{ classPath: string; version: string }> {
  const home = process.env.KAFKA_HOME;
  if (home !== undefined && home !== '') {
    const libs = join(home, 'libs');
    if (!existsSync(libs))
      throw missing(
        'KAFKA_MISSING',
        `KAFKA_HOME is ${home}, but there is no folder ${libs}: it is no Apache Kafka.`,
      );
    return { classPath: join(libs, '*'), version: `of ${home}` };
  }
  const folder = join(cacheFolder(), `kafka-${KAFKA_VERSION}`);
  if (!existsSync(folder)) {
    say(`Fetching Apache Kafka ${KAFKA_VERSION} by Maven (once; about 60 MB) …`);
    await fetchJars(folder);
  }
  return { classPath: join(folder, '*'), version: KAFKA_VERSION };
}

/** What is in its place is whole: it is renamed there when all has come. */
async function fetchJars(folder: string): Promise<void> {
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  const pom = join(partial, 'pom.xml');
  writeFileSync(pom, pomText());
  try {
    await run('mvn', ['-q', '-B', '-f', pom, MAVEN_GOAL, `-DoutputDirectory=${partial}`], {
      timeout: MAVEN_TIMEOUT_MS,
    });
    rmSync(pom);
    if (!existsSync(folder)) renameSync(partial, folder);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
    throw missing(
      'KAFKA_MISSING',
      isThere
        ? `Maven could not fetch Apache Kafka ${KAFKA_VERSION}: ${messageOf(error).slice(0, 2000)}`
        : `Apache Kafka ${KAFKA_VERSION} is not here: set KAFKA_HOME to the folder of one, or install Maven (\`mvn\`), which fetches it.`,
    );
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function pomText(): string {
  const dependency = (group: string, artifact: string, version: string): string =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>klamm</groupId><artifactId>cluster</artifactId><version>1</version><dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', KAFKA_VERSION)}
${dependency('org.apache.kafka', 'kafka-tools', KAFKA_VERSION)}
${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.4')}
</dependencies></project>
`;
}

function loggingFile(): string {
  const folder = cacheFolder();
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'log4j2.properties');
  if (!existsSync(path)) writeFileSync(path, LOGGING);
  return path;
}

function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME;
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'klamm');
}

const missing = (code: string, message: string): KlammError =>
  new KlammError(message, { code, retriable: false });
