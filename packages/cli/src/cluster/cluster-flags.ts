// What the flags of `klamm cluster` say of a cluster on this machine.

import type { Flags } from '../command.ts';
import { wholeNumber } from '../flag-values.ts';
import { usageError } from '../usage-error.ts';
import { type ClusterPlan, newPlan } from './cluster-plan.ts';

const DIRECTORY = 'klamm-cluster';
const NODES = 3;
const PORT = 19_092;
const HOST = 'localhost';
const USER = 'admin';
const HEAP_MB = 512;
/** With less, Apache Kafka does not start, or not for long. */
const HEAP_MB_MIN = 128;

export const directoryIn = (flags: Flags): string => flags.text('dir') ?? DIRECTORY;

/** Throws a usage error for what cannot be, or is no sound cluster. */
export function planIn(flags: Flags): ClusterPlan {
  const user = flags.text('user') ?? USER;
  if (!/^[\w.@-]+$/.test(user))
    throw usageError(`--user ${user}: a name of letters, digits, dots, dashes and _ is needed.`);
  return newPlan({
    nodes: wholeNumber(flags, 'nodes', '--nodes', 1) ?? NODES,
    port: wholeNumber(flags, 'port', '--port', 1) ?? PORT,
    host: flags.text('host') ?? HOST,
    user,
    heapMb: wholeNumber(flags, 'heap', '--heap', HEAP_MB_MIN) ?? HEAP_MB,
    isCompose: flags.on('compose'),
  });
}

/** True where a flag says what only a new cluster can be given. */
export const saysPlan = (flags: Flags): boolean =>
  flags.on('compose') ||
  ['nodes', 'port', 'host', 'user', 'heap'].some((name) => flags.text(name) !== undefined);
