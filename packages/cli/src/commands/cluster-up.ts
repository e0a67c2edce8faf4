// `klamm cluster up`: starts the nodes and stays with them, or leaves them running. A node that dies is told, with the end
// of its log; at Ctrl-C all are ended in order.

import { sleep } from '@klamm/base/clock';
import { directoryIn, planIn, saysPlan } from '../cluster/cluster-flags.ts';
import { type ClusterPlan, hasPlan, readPlan } from '../cluster/cluster-plan.ts';
import { runCompose } from '../cluster/docker-compose.ts';
import { initCluster } from '../cluster/init-cluster.ts';
import { type KafkaRuntime, kafkaRuntime } from '../cluster/kafka-runtime.ts';
import { LocalCluster } from '../cluster/local-cluster.ts';
import type { NodeProcess } from '../cluster/node-process.ts';
import type { CommandRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { usageError } from '../usage-error.ts';
import { tellInit } from './cluster-init.ts';

const WATCH_MS = 500;

export const upLocal: CommandRun = async (context, _parameters, flags) => {
  const directory = directoryIn(flags);
  const isNew = !hasPlan(directory);
  if (!isNew && saysPlan(flags))
    throw usageError(
      `The cluster in ${directory} is made already; its nodes, ports, host, user and heap stay.`,
    );
  if (context.globals.dryRun)
    return context.say(`The nodes of ${directory} would be ${isNew ? 'made and ' : ''}started.`);
  const plan = isNew ? planIn(flags) : undefined;
  if ((plan ?? readPlan(directory)).isCompose)
    return upContainers(context, directory, plan, flags.on('detach'));
  const runtime = await kafkaRuntime((text) => context.say(text));
  if (plan !== undefined) await initCluster(directory, plan, context.clock);
  const cluster = new LocalCluster(directory, context.clock);
  tellInit(context, directory, cluster.plan);
  await cluster.format(runtime);
  const { interrupted } = context;
  const started = cluster.start(runtime);
  try {
    await cluster.untilUp(cluster.nodes, interrupted);
  } catch (error) {
    await Promise.all(started.map((node) => node.stop()));
    if (interrupted.aborted) return;
    throw error;
  }
  context.say(`All ${cluster.nodes.length} nodes are up, on Apache Kafka ${runtime.version}.`);
  if (flags.on('detach'))
    return context.say('klamm cluster status tells how they do; klamm cluster down ends them.');
  context.say('Ctrl-C ends them.');
  await watch(context, cluster, flags.on('restart') ? runtime : undefined);
  context.say('Ending them in order …');
  await cluster.stop();
};

async function upContainers(
  context: CommandContext,
  directory: string,
  plan: ClusterPlan | undefined,
  isDetached: boolean,
): Promise<void> {
  if (plan !== undefined) await initCluster(directory, plan, context.clock);
  tellInit(context, directory, readPlan(directory));
  await runCompose(directory, ['up', ...(isDetached ? ['--detach', '--wait'] : [])]);
}

/** Until Ctrl-C, or until somebody has ended all of them. @param runtime to start dead ones again by */
async function watch(
  context: CommandContext,
  cluster: LocalCluster,
  runtime: KafkaRuntime | undefined,
): Promise<void> {
  const { interrupted, clock } = context;
  const told = new Set<NodeProcess>();
  while (!interrupted.aborted) {
    for (const node of cluster.nodes) {
      if (node.pid !== undefined) told.delete(node);
      else if (!told.has(node)) {
        told.add(node);
        context.say(
          `Node ${node.node.id} ${node.hasDied ? `has died. ${node.logPath} ends:\n${node.logEnd()}` : 'was ended.'}`,
        );
        if (runtime === undefined || !node.hasDied) continue;
        context.say(`Starting node ${node.node.id} again.`);
        node.start(runtime, cluster.plan.heapMb);
      }
    }
    if (told.size === cluster.nodes.length) return context.say('No node runs any more.');
    await sleep(clock, WATCH_MS, interrupted).catch(() => {});
  }
}
