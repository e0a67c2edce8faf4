// `klamm cluster status|kill|start|logs|down`: the nodes of a cluster on this machine, which were started before.

import { KlammError } from '@klamm/base/errors';
import { directoryIn } from '../cluster/cluster-flags.ts';
import { clusterHealth } from '../cluster/cluster-health.ts';
import { readPlan } from '../cluster/cluster-plan.ts';
import { runCompose } from '../cluster/docker-compose.ts';
import { kafkaRuntime } from '../cluster/kafka-runtime.ts';
import { LocalCluster } from '../cluster/local-cluster.ts';
import type { CommandRun, Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { wholeNumber } from '../flag-values.ts';

const LOG_LINES = 50;
const COLUMNS = [
  { key: 'node', title: 'NODE', isNumber: true },
  { key: 'state', title: 'STATE' },
  { key: 'pid', title: 'PID', isNumber: true },
  { key: 'quorum', title: 'QUORUM' },
  { key: 'leads', title: 'LEADS', isNumber: true },
  { key: 'behind', title: 'BEHIND', isNumber: true },
  { key: 'internal', title: 'INTERNAL' },
  { key: 'external', title: 'EXTERNAL' },
  { key: 'log', title: 'LOG', isWide: true },
];

export const statusLocal: CommandRun = async (context, _parameters, flags) => {
  if (isComposed(flags)) return runCompose(directoryIn(flags), ['ps', '--all']);
  const nodes = await clusterHealth(clusterIn(context, flags));
  await context.rows(
    COLUMNS,
    nodes.map((node) => ({ ...node })),
    '',
  );
  const isWell = nodes.every(({ state, behind }) => state === 'up' && behind === 0);
  if (isWell) return context.say('All nodes are up, and every replica is in sync.');
  const missing = nodes.filter(({ state }) => state !== 'up').map(({ node }) => node);
  if (missing.length * 2 > nodes.length)
    context.fail(
      `${missing.length} of ${nodes.length} nodes are not up: there is no majority, and nothing can be decided.`,
    );
  else if (missing.length > 0)
    context.say(`Not up: ${missing.join(', ')}. klamm cluster start NODE starts one again.`);
  else context.say('All nodes are up; some replicas are catching up.');
};

export const killNode: CommandRun = async (context, [text], flags) => {
  const signal = (flags.text('signal') ?? 'SIGKILL') as NodeJS.Signals;
  if (isComposed(flags)) return runCompose(directoryIn(flags), ['kill', '--signal', signal, service(text)]);
  const node = clusterIn(context, flags).node(String(text));
  const { pid } = node;
  if (pid === undefined) throw notRunning(`Node ${node.node.id} does not run.`);
  if (signal === 'SIGKILL') await node.kill();
  else if (signal === 'SIGTERM') await node.stop();
  else node.signal(signal);
  const done = { SIGSTOP: 'hangs; --signal SIGCONT has it go on', SIGCONT: 'goes on' }[
    signal as 'SIGSTOP' | 'SIGCONT'
  ];
  context.say(`Node ${node.node.id} (process ${pid}) ${done ?? 'was ended'}.`);
};

export const startNode: CommandRun = async (context, [text], flags) => {
  if (isComposed(flags)) return runCompose(directoryIn(flags), ['start', service(text)]);
  const cluster = clusterIn(context, flags);
  const node = cluster.node(String(text));
  if (node.pid !== undefined) return context.say(`Node ${node.node.id} runs already.`);
  const runtime = await kafkaRuntime((line) => context.say(line));
  await cluster.format(runtime);
  node.start(runtime, cluster.plan.heapMb);
  await cluster.untilUp([node], context.interrupted);
  context.say(`Node ${node.node.id} is up.`);
};

export const printLog: CommandRun = async (context, [text], flags) => {
  const lines = wholeNumber(flags, 'lines', '--lines', 1) ?? LOG_LINES;
  if (isComposed(flags)) return runCompose(directoryIn(flags), ['logs', '--tail', `${lines}`, service(text)]);
  const node = clusterIn(context, flags).node(String(text));
  const end = node.logEnd(lines);
  if (end === '') return context.say(`Node ${node.node.id} has said nothing yet.`);
  await context.write(`${end}\n`);
};

export const downLocal: CommandRun = async (context, _parameters, flags) => {
  if (isComposed(flags)) return runCompose(directoryIn(flags), ['stop']);
  const ended = await clusterIn(context, flags).stop();
  context.say(
    ended.length === 0
      ? 'No node runs.'
      : `Ended: ${ended.map(({ node }) => node.id).join(', ')}. Their data stays.`,
  );
};

const clusterIn = (context: CommandContext, flags: Flags): LocalCluster =>
  new LocalCluster(directoryIn(flags), context.clock);

const isComposed = (flags: Flags): boolean => readPlan(directoryIn(flags)).isCompose;
const service = (node: unknown): string => `kafka-${String(node).replace(/^(node|kafka)-/, '')}`;

const notRunning = (message: string): KlammError =>
  new KlammError(message, { code: 'NODE_NOT_RUNNING', retriable: false });
