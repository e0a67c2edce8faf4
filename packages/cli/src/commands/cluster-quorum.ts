// `klamm cluster quorum` and `klamm cluster voter`: who leads the cluster, who votes, and how far each is.

import type { QuorumDescription } from '@klamm/client/admin/quorum';
import type { CommandRun } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import { quorumFindings } from '../doctor/live-cluster.ts';
import { usageError } from '../usage-error.ts';

const COLUMNS = [
  { key: 'node', title: 'NODE', isNumber: true },
  { key: 'role', title: 'ROLE' },
  { key: 'endOffset', title: 'END', isNumber: true },
  { key: 'lag', title: 'LAG', isNumber: true },
  { key: 'behindMs', title: 'BEHIND (MS)', isNumber: true },
  { key: 'directory', title: 'DIRECTORY', isWide: true },
  { key: 'epoch', title: 'EPOCH', isNumber: true, isWide: true },
  { key: 'highWatermark', title: 'HIGH WATERMARK', isNumber: true, isWide: true },
];

export const quorum: CommandRun = async (context) => {
  await using admin = (await context.kafka()).admin();
  const described = await admin.describeQuorum();
  await context.rows(COLUMNS, rowsOf(described, context.clock.now()), 'Nobody votes.');
  for (const { level, what, instead } of quorumFindings(described, context.clock.now()))
    context.say(`${level}: ${what}${instead === null ? '' : ` Instead: ${instead}.`}`);
};

function rowsOf({ leaderId, leaderEpoch, highWatermark, voters, observers }: QuorumDescription, now: number) {
  const leader = voters.find(({ nodeId }) => nodeId === leaderId);
  const end = leader?.logEndOffset ?? highWatermark;
  return [...voters, ...observers].map(({ nodeId, logEndOffset, caughtUpAt, directoryId }, i) => ({
    node: nodeId,
    role: i >= voters.length ? 'observer' : nodeId === leaderId ? 'leader' : 'voter',
    endOffset: logEndOffset < 0 ? null : logEndOffset,
    lag: logEndOffset < 0 ? null : Math.max(0, end - logEndOffset),
    behindMs: nodeId === leaderId ? 0 : caughtUpAt < 0 ? null : Math.max(0, now - caughtUpAt),
    directory: directoryId ?? null,
    epoch: leaderEpoch,
    highWatermark,
  }));
}

export const addVoter: CommandRun = async (context, [node], flags) => {
  const nodeId = nodeIdOf(node);
  const listeners = flags.list('listener').map(listenerOf);
  if (listeners.length === 0)
    throw usageError('Where do other controllers reach it? Give --listener CONTROLLER://host:port.');
  await using admin = (await context.kafka()).admin();
  const { voters, observers } = await admin.describeQuorum();
  const directoryId =
    flags.text('directory') ?? observers.find((observer) => observer.nodeId === nodeId)?.directoryId;
  if (directoryId === undefined) {
    throw usageError(
      `Node ${nodeId} does not follow the quorum, so that its directory is not known: start it first, or give the ` +
        'directory.id of its meta.properties by --directory.',
    );
  }
  const after = `${voters.length + 1} voters`;
  if (context.globals.dryRun) return context.say(`Node ${nodeId} would vote: ${after}.`);
  await admin.addVoter({ nodeId, directoryId, listeners });
  context.say(`Node ${nodeId} votes: ${after} now.${evenness(voters.length + 1)}`);
};

export const removeVoter: CommandRun = async (context, [node], flags) => {
  const nodeId = nodeIdOf(node);
  await using admin = (await context.kafka()).admin();
  const { voters } = await admin.describeQuorum();
  const directoryId = flags.text('directory') ?? voters.find((voter) => voter.nodeId === nodeId)?.directoryId;
  if (directoryId === undefined) {
    throw usageError(
      voters.some((voter) => voter.nodeId === nodeId)
        ? 'The voters of this quorum are fixed: kraft.version is 0 (klamm cluster features).'
        : `Node ${nodeId} is no voter; these are: ${voters.map((voter) => voter.nodeId).join(', ')}.`,
    );
  }
  const after = `${voters.length - 1} voter${voters.length === 2 ? '' : 's'}`;
  if (context.globals.dryRun) return context.say(`Node ${nodeId} would vote no more: ${after}.`);
  if (!(await isConfirmed(context, `Take node ${nodeId} out of the quorum, which leaves ${after}?`))) {
    context.hasFailed = true;
    return context.say('Nothing was changed.');
  }
  await admin.removeVoter({ nodeId, directoryId });
  context.say(`Node ${nodeId} votes no more: ${after} now.${evenness(voters.length - 1)}`);
};

const evenness = (count: number): string =>
  count % 2 === 0 ? ' An odd number is better: of an even one, one voter is there for nothing.' : '';

function nodeIdOf(text: unknown): number {
  if (/^\d+$/.test(String(text))) return Number(text);
  throw usageError(`${text} is no node id.`);
}

function listenerOf(text: string): { name: string; host: string; port: number } {
  const [, name, host, port] = /^(\w+):\/\/(\[[^\]]+\]|[^:]+):(\d+)$/.exec(text) ?? [];
  if (name !== undefined && host !== undefined && Number(port) > 0 && Number(port) < 65_536)
    return { name, host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  throw usageError(`--listener ${text}: NAME://host:port is needed, as CONTROLLER://10.0.0.4:9093.`);
}
