// What is wrong with a cluster that runs, beyond its settings: its quorum, and where its partitions lie. Pure: what the
// cluster told in, findings out.

import type { QuorumDescription } from '@klamm/client/admin/quorum';
import type { TopicMetadata } from '@klamm/client/metadata-cache';
import { partitionText } from '@klamm/protocol/groups/topic-partition';
import type { Finding } from './finding.ts';

/** A voter that was not up to date for so long is behind; it fetches twice a second at least. */
const BEHIND_MS = 30_000;
/** How many topics or partitions a finding names. */
const NAMED_MAX = 5;

export function quorumFindings(quorum: QuorumDescription, now: number): Finding[] {
  const { leaderId, voters } = quorum;
  const about = { nodes: [], places: ['quorum'] } as const;
  const findings: Finding[] = [];
  if (leaderId < 0) {
    const what =
      'The quorum has no leader: nothing can be created, changed or elected. Are most of its voters up?';
    findings.push({ ...about, level: 'error', code: 'no-controller', what, instead: null });
  }
  if (voters.length === 2) {
    const what =
      'The quorum has two voters. When one dies, the other has no majority, and nothing can be elected any more: two are less ' +
      'available than one.';
    const instead = 'three voters, or one';
    findings.push({ ...about, level: 'error', code: 'two-voters', what, instead });
  } else if (voters.length > 0 && voters.length % 2 === 0) {
    const what = `The quorum has ${voters.length} voters, and lives on without ${voters.length / 2 - 1} of them, as ${voters.length - 1} would.`;
    const instead = `${voters.length - 1} or ${voters.length + 1} voters`;
    findings.push({ ...about, level: 'warning', code: 'even-voters', what, instead });
  }
  const behind = voters.filter(
    ({ nodeId, caughtUpAt }) => nodeId !== leaderId && now - caughtUpAt > BEHIND_MS,
  );
  if (leaderId >= 0 && behind.length > 0) {
    const names = behind.map(({ nodeId, caughtUpAt }) =>
      caughtUpAt < 0 ? `node ${nodeId}` : `node ${nodeId} for ${Math.round((now - caughtUpAt) / 1000)} s`,
    );
    const spare = Math.ceil(voters.length / 2) - 1 - behind.length;
    const what = `Voters that are not up to date: ${names.join(', ')}. ${spare > 0 ? `${spare} more may be lost.` : 'No other may be lost.'}`;
    findings.push({ ...about, level: 'warning', code: 'voter-behind', what, instead: null });
  }
  return findings;
}

/** @param brokerCount how many brokers are up */
export function partitionFindings(topics: readonly TopicMetadata[], brokerCount: number): Finding[] {
  const all = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ index: partition, ...rest }) => ({ topic, partition, ...rest })),
  );
  const offline = all.filter(({ leader }) => leader < 0);
  const under = all.filter(({ leader, isr, replicas }) => leader >= 0 && isr.length < replicas.length);
  const above = topics.filter(({ partitions }) =>
    partitions.some(({ replicas }) => replicas.length > brokerCount),
  );
  const alone = topics.filter(({ partitions }) => partitions.some(({ replicas }) => replicas.length === 1));
  const about = (names: readonly string[]) => ({ nodes: [], places: named(names) });
  const findings: Finding[] = [];
  if (offline.length > 0) {
    const what = `${count(offline.length, 'partition')} without a leader: nobody reads or writes there.`;
    const instead =
      'the nodes with their replicas started again; where these are lost for good, klamm topic elect --unclean';
    findings.push({
      ...about(offline.map(partitionText)),
      level: 'error',
      code: 'offline-partitions',
      what,
      instead,
    });
  }
  if (under.length > 0) {
    const what = `${count(under.length, 'partition')} with replicas that are not in sync: a node is down or behind.`;
    findings.push({
      ...about(under.map(partitionText)),
      level: 'warning',
      code: 'under-replicated',
      what,
      instead: null,
    });
  }
  if (above.length > 0) {
    const what = `${count(above.length, 'topic')} with more replicas than the ${brokerCount} brokers that are up: those cannot all be in sync.`;
    const instead = 'the missing brokers, or fewer replicas (klamm topic reassign -r)';
    findings.push({
      ...about(above.map(({ name }) => name)),
      level: 'warning',
      code: 'replicas-above-brokers',
      what,
      instead,
    });
  }
  if (brokerCount > 1 && alone.length > 0) {
    const what = `${count(alone.length, 'topic')} with a single replica on ${brokerCount} brokers: one that dies takes partitions with it.`;
    const instead = `klamm topic reassign … -r ${Math.min(3, brokerCount)}`;
    findings.push({
      ...about(alone.map(({ name }) => name)),
      level: 'warning',
      code: 'single-replica',
      what,
      instead,
    });
  }
  return findings;
}

const count = (number: number, what: string): string =>
  `There ${number === 1 ? `is 1 ${what}` : `are ${number} ${what}s`}`;

function named(names: readonly string[]): string[] {
  const rest = names.length - NAMED_MAX;
  return rest > 0 ? [...names.slice(0, NAMED_MAX), `and ${rest} more`] : [...names];
}
