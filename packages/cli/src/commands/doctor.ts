// `klamm doctor`: what is wrong with settings, and what to write instead. The findings are the data; how many there are,
// and what could not be looked into, is talk. Exit code 1 where there is an error among them.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '@klamm/base/errors';
import type { CommandRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import type { DeployedNode } from '../doctor/deployment.ts';
import { examine } from '../doctor/examine.ts';
import { type Finding, LEVELS, mergeFindings } from '../doctor/finding.ts';
import { nodesOfCompose } from '../doctor/read-compose.ts';
import { nodeOfEnvironment, nodeOfProperties } from '../doctor/read-settings.ts';
import { namesOf } from '../several.ts';
import { usageError } from '../usage-error.ts';

const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];
const COLUMNS = ['level', 'code', 'nodes', 'places', 'what', 'instead'].map((key) => ({
  key,
  title: key.toUpperCase(),
}));

export const doctor: CommandRun = async (context, [files], flags) => {
  const given = namesOf(files);
  const isLive = flags.on('live') || (context.globals.isClusterNamed && given.length === 0);
  const paths = given.length > 0 || isLive || flags.on('environment') ? given : composeHere();
  const nodes = [...paths.flatMap(nodesOf), ...(isWanted(paths, isLive) ? environmentNode() : [])];
  const missing = new Set<string>();
  const deployment = {
    nodes,
    isWhole: nodes.length > 1 || nodes.some(({ container }) => container !== undefined),
    now: context.clock.now(),
    read: (node: DeployedNode, path: string) => read(node, path, missing),
  };
  const findings = nodes.length === 0 ? [] : examine(deployment);
  if (isLive) {
    const { examineLive } = await import('../doctor/live.ts');
    findings.push(...(await examineLive(context)));
  }
  await tell(context, mergeFindings(findings), missing);
};

/** The variables of this process are looked at where nothing else is named. */
const isWanted = (paths: readonly string[], isLive: boolean): boolean => paths.length === 0 && !isLive;

function composeHere(): string[] {
  const found = COMPOSE_FILES.filter((file) => existsSync(file));
  return found.slice(0, 1);
}

function environmentNode(): DeployedNode[] {
  const node = nodeOfEnvironment(process.env);
  if (node !== undefined) return [node];
  throw usageError(
    'Nothing to look at: name a server.properties or a compose file, set KAFKA_… variables, or name a cluster by --bootstrap or --profile.',
  );
}

function nodesOf(path: string): DeployedNode[] {
  const text = readText(path);
  if (text === undefined) throw usageError(`${path} is not there.`);
  if (!/\.ya?ml$/i.test(path)) return [nodeOfProperties(path, text)];
  return nodesOfCompose({ path, text, environment: process.env, readText });
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw usageError(`${path} cannot be read: ${messageOf(error)}.`);
  }
}

/** A file that a setting names: of a container, where it is on this machine. */
function read(node: DeployedNode, path: string, missing: Set<string>): Buffer | undefined {
  const mount = node.container?.mounts
    .filter(({ to, from }) => from !== undefined && `${path}/`.startsWith(`${to.replace(/\/+$/, '')}/`))
    .sort((a, b) => b.to.length - a.to.length)[0];
  const here =
    node.container === undefined
      ? path
      : mount === undefined
        ? undefined
        : resolve(mount.from ?? '', `.${path.slice(mount.to.replace(/\/+$/, '').length)}`);
  try {
    if (here !== undefined) return readFileSync(here);
  } catch {
    // Told below: it is not here, or not to be read by who runs this.
  }
  if (!path.endsWith('meta.properties')) missing.add(here ?? `${path} of ${node.name}`);
  return undefined;
}

async function tell(
  context: CommandContext,
  findings: readonly Finding[],
  missing: ReadonlySet<string>,
): Promise<void> {
  if (context.globals.output === undefined) await context.write(findings.map(asText).join(''));
  else {
    const rows = findings.map(({ level, code, nodes, places, what, instead }) => ({
      level,
      code,
      nodes,
      places,
      what,
      instead,
    }));
    await context.rows(COLUMNS, rows, '');
  }
  for (const path of missing) context.say(`Not looked into: ${path}. It cannot be read here.`);
  const counts = LEVELS.map(
    (level) => [level, findings.filter((one) => one.level === level).length] as const,
  );
  const told = counts
    .filter(([, count]) => count > 0)
    .map(([level, count]) => `${count} ${level}${count === 1 ? '' : 's'}`);
  context.say(told.length === 0 ? 'Nothing is wrong as far as can be seen.' : `${told.join(', ')}.`);
  if (findings.some(({ level }) => level === 'error')) context.hasFailed = true;
}

function asText({ level, code, places, what, instead }: Finding): string {
  const lines = [`${level} ${code}: ${what}`, ...places.map((place) => `  at ${place}`)];
  if (instead !== null) lines.push(`  Instead: ${instead}`);
  return `${lines.join('\n')}\n\n`;
}
