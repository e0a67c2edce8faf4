// `klamm cluster init`: the files of a cluster of Apache Kafka, and what to do with them.

import { relative } from 'node:path';
import { directoryIn, planIn } from '../cluster/cluster-flags.ts';
import { type ClusterPlan, externalBootstrap, internalBootstrap } from '../cluster/cluster-plan.ts';
import { COMPOSE_FILE, SECRETS_FILE } from '../cluster/compose-file.ts';
import { clientPath, initCluster } from '../cluster/init-cluster.ts';
import type { CommandRun } from '../command.ts';
import type { CommandContext } from '../context.ts';

export const initLocal: CommandRun = async (context, _parameters, flags) => {
  const directory = directoryIn(flags);
  const plan = planIn(flags);
  if (context.globals.dryRun) return context.say(`${sizeText(plan)} would be made in ${directory}.`);
  await initCluster(directory, plan, context.clock);
  tellInit(context, directory, plan);
  context.say(`Next: klamm cluster up${flags.text('dir') === undefined ? '' : ` --dir ${directory}`}`);
};

/** What was made, without its secrets. */
export function tellInit(context: CommandContext, directory: string, plan: ClusterPlan): void {
  context.say(
    `${sizeText(plan)} in ${directory}${plan.isCompose ? `, by ${COMPOSE_FILE} and ${SECRETS_FILE}` : ''}.\n` +
      `  INTERNAL, ${plan.isCompose ? 'between the containers:        kafka-1:9092 …' : `for programs on this machine:  ${internalBootstrap(plan)}`}\n` +
      `  EXTERNAL, with TLS and a login:          ${externalBootstrap(plan)}\n` +
      `  The user ${plan.user}, for Java, kcat -F and klamm --command-config: ${relative('.', clientPath(directory))}`,
  );
  if (plan.nodes.length === 1)
    context.say('One node is durable, and not highly available: when it is down, so is all of it.');
}

const sizeText = ({ nodes }: ClusterPlan): string =>
  nodes.length === 1 ? 'One node of Apache Kafka' : `${nodes.length} nodes of Apache Kafka`;
