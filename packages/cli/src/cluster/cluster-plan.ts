// What a cluster on this machine is to be: its nodes, where each listens, and how it is kept in a directory. No secret
// stands in the plan: passwords are in the settings of the nodes and of their users, which only their owner can read.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@klamm/base/errors';
import { randomUuid } from '@klamm/base/random';
import { usageError } from '../usage-error.ts';

const PLAN_FILE = 'cluster.json';
const VERSION = 1;
/** What is between the ports of a node's listeners. */
const PORT_STEP = 100;
const PORT_MAX = 65_535;

export interface NodePlan {
  readonly id: number;
  /** Tells its disk from another one that it may be given (KIP-853). */
  readonly directoryId: string;
  /** Of the listener without encryption and login, for this machine alone. */
  readonly internalPort: number;
  /** Of the listener with TLS and a login. */
  readonly externalPort: number;
  readonly controllerPort: number;
}

export interface ClusterPlan {
  readonly version: number;
  readonly clusterId: string;
  /** Where clients of EXTERNAL find all of it. */
  readonly host: string;
  readonly user: string;
  /** Of each node's JVM. */
  readonly heapMb: number;
  /** In containers, by a compose file, rather than on plain JVMs. */
  readonly isCompose: boolean;
  readonly nodes: readonly NodePlan[];
}

export interface PlanOptions {
  readonly nodes: number;
  readonly port: number;
  readonly host: string;
  readonly user: string;
  readonly heapMb: number;
  readonly isCompose: boolean;
}

/**
 * A new plan. Throws a usage error for a number of nodes that is worse than one less: with two voters neither can go on
 * when the other dies, with four no more than with three.
 */
export function newPlan({ nodes, port, host, user, heapMb, isCompose }: PlanOptions): ClusterPlan {
  checkNodes(nodes);
  const last = port + 2 * PORT_STEP + nodes - 1;
  if (last > PORT_MAX)
    throw usageError(`--port ${port}: ports up to ${last} are needed; there are ${PORT_MAX}.`);
  return {
    version: VERSION,
    clusterId: randomUuid(),
    host,
    user,
    heapMb,
    isCompose,
    nodes: Array.from({ length: nodes }, (_, i) => ({
      id: i + 1,
      directoryId: randomUuid(),
      internalPort: port + i,
      externalPort: port + PORT_STEP + i,
      controllerPort: port + 2 * PORT_STEP + i,
    })),
  };
}

function checkNodes(nodes: number): void {
  if (nodes === 2) {
    throw usageError(
      '--nodes 2: two voters are worse than one. When either dies, the other has no majority: it elects no leader, creates no topic, ' +
        'and acknowledges nothing that needs both. Take 3, of which any one may die, or 1.',
    );
  }
  if (nodes % 2 === 0) {
    throw usageError(
      `--nodes ${nodes}: an even number of voters survives no more deaths than one voter less. Take ${nodes - 1} or ${nodes + 1}.`,
    );
  }
}

export const writtenPlan = (plan: ClusterPlan): string => `${JSON.stringify(plan, null, 2)}\n`;

export const planPath = (directory: string): string => join(directory, PLAN_FILE);

export const hasPlan = (directory: string): boolean => existsSync(planPath(directory));

/** Throws a usage error where there is none, or not one that can be read. */
export function readPlan(directory: string): ClusterPlan {
  const path = planPath(directory);
  if (!existsSync(path))
    throw usageError(`There is no cluster in ${directory}; make one: klamm cluster init ${directory}`);
  let plan: ClusterPlan;
  try {
    plan = JSON.parse(readFileSync(path, 'utf8')) as ClusterPlan;
  } catch (error) {
    throw usageError(`${path} cannot be read: ${messageOf(error)}.`);
  }
  if (plan.version === VERSION) return plan;
  throw usageError(`${path} has version ${plan.version}; this klamm knows version ${VERSION}.`);
}

/** host:port of the listener without a login, of every node. */
export const internalBootstrap = ({ nodes }: ClusterPlan): string =>
  nodes.map(({ internalPort }) => `127.0.0.1:${internalPort}`).join(',');

/** host:port of the listener with TLS and a login, of every node. */
export const externalBootstrap = ({ host, nodes }: ClusterPlan): string =>
  nodes.map(({ externalPort }) => `${host}:${externalPort}`).join(',');
