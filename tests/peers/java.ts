// Apache Kafka's own Java tools and broker, from its jars, and programs in java/programs that use its clients.
//
// The jars are KAFKA_HOME's, or they are copied once from Maven Central into the .cache folder by the pom.xml beside
// this file, which names their version. Needs a Java 17 or newer on the path.

import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from './cache.ts';
import {
  type Outcome,
  type ProgramOptions,
  type RunningProgram,
  runProgram,
  startProgram,
} from './program.ts';

const POM = fileURLToPath(new URL('java/pom.xml', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('java/programs', import.meta.url));
const LOGGING = fileURLToPath(new URL('java/log4j2.properties', import.meta.url));

export interface Java {
  /** Runs a main class of Kafka's jars to its end. */
  run(mainClass: string, args: readonly string[], options?: ProgramOptions): Promise<Outcome>;
  /** Starts a main class that goes on running. */
  start(mainClass: string, args: readonly string[], options?: ProgramOptions): RunningProgram;
  /** What to run for a main class, for who starts it by other means. */
  commandOf(
    mainClass: string,
    args: readonly string[],
  ): { readonly command: string; readonly args: string[] };
}

// The serial collector and the first compiler start fastest, which is most of what a tool does.
const FAST_START = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx512m', '-Xshare:auto'];

/**
 * Finds Java and Kafka's jars; throws what is missing and what to do. `flags`: those of the JVM, by default for
 * programs that run for a moment.
 */
export async function getJava(flags: readonly string[] = FAST_START): Promise<Java> {
  await needJava17();
  return javaOf(flags, join(await findJars(), '*'));
}

/** As `getJava`, with the classes of java/programs, which are compiled once. */
export async function getJavaPrograms(): Promise<Java> {
  await needJava17();
  const jars = join(await findJars(), '*');
  const classes = await cached('java-programs', [POM, PROGRAMS], async (folder) => {
    const sources = readdirSync(PROGRAMS).map((file) => join(PROGRAMS, file));
    await runProgram('javac', ['-d', folder, '-cp', jars, ...sources]).catch((cause: unknown) => {
      throw new Error('the programs in tests/peers/java could not be compiled: javac comes with a JDK', {
        cause,
      });
    });
  });
  return javaOf(FAST_START, [jars, classes].join(delimiter));
}

function javaOf(flags: readonly string[], classPath: string): Java {
  const logging = [`-Dlog4j2.configurationFile=${LOGGING}`];
  const argsOf = (mainClass: string, args: readonly string[]): string[] => [
    ...flags,
    ...logging,
    '-cp',
    classPath,
    mainClass,
    ...args,
  ];
  return {
    run: (mainClass, args, options) => runProgram('java', argsOf(mainClass, args), options),
    start: (mainClass, args, options) => startProgram('java', argsOf(mainClass, args), options),
    commandOf: (mainClass, args) => ({ command: 'java', args: argsOf(mainClass, args) }),
  };
}

async function needJava17(): Promise<void> {
  const { stderr } = await runProgram('java', ['-version']).catch((cause: unknown) => {
    throw new Error('java is not installed (Kafka 4.3 needs Java 17 or newer)', { cause });
  });
  const version = Number(/version "(\d+)/.exec(stderr)?.[1]);
  if (!(version >= 17))
    throw new Error(`Kafka 4.3 needs Java 17 or newer, but java is ${stderr.split('\n')[0]}`);
}

export async function findJars(): Promise<string> {
  const home = process.env.KAFKA_HOME;
  if (home !== undefined) {
    const libs = join(home, 'libs');
    if (!existsSync(libs)) throw new Error(`KAFKA_HOME is ${home}, but there is no folder ${libs}`);
    return libs;
  }
  return await cached('kafka-jars', [POM], async (folder) => {
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
    await runProgram('mvn', ['-q', '-B', '-f', POM, goal, `-DoutputDirectory=${folder}`], {
      timeoutMs: 300_000,
    }).catch((cause: unknown) => {
      throw new Error('Kafka 4.3.1 could not be fetched with Maven (install maven, or set KAFKA_HOME)', {
        cause,
      });
    });
  });
}
