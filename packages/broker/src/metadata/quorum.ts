// Who votes in the quorum that the metadata log is of, and its `quorum-state` file. With kraft.version 0 voters are a matter
// of settings and of that file; with 1 (KIP-853) the log itself names them, in control records. Klamm is the one voter, or
// does not start; which version there is stays as it is, so that Apache Kafka goes on from there.
// org.apache.kafka.raft.internals.KRaftControlRecordStateMachine, FileQuorumStateStore.

import { ZERO_UUID } from '@klamm/base/random';
import { buildControlBatch, ControlType, controlRecordsOf } from '@klamm/protocol/records/control';
import { decodeMessage, encodeMessage } from '@klamm/protocol/schema/compile';
import { KRaftVersionRecord, LeaderChangeMessage, VotersRecord } from '@klamm/protocol/stored/control';
import type { QuorumState } from '@klamm/protocol/stored/quorum-state';
import type { DirectoryIdentity } from '../storage/directory.ts';
import type { Disk } from '../storage/disk.ts';

const STATE_FILE = 'quorum-state';
/** Levels of kraft.version that Apache Kafka 4.3 has. */
const KRAFT_VERSION_MAX = 1;

export class Quorum {
  /** Epoch of the last leader or vote; 0 for none. */
  readonly lastEpoch: number;
  #kraftVersion = 0;
  #voterIds: readonly number[];

  private constructor(state: Partial<QuorumState>) {
    this.lastEpoch = state.leaderEpoch ?? 0;
    const voters = state.data_version === 0 ? state.currentVoters : null;
    this.#voterIds = (voters ?? []).map(({ voterId }) => voterId);
  }

  /** @param path the directory of the metadata log */
  static read(disk: Disk, path: string): Quorum {
    const file = `${path}/${STATE_FILE}`;
    if (!disk.exists(file)) return new Quorum({});
    try {
      return new Quorum(JSON.parse(disk.readFile(file).toString()) as Partial<QuorumState>);
    } catch {
      // It says nothing that the log does not say too.
      return new Quorum({});
    }
  }

  get kraftVersion(): number {
    return this.#kraftVersion;
  }

  /** Takes what the control records of a batch say. */
  replay(bytes: Buffer, at: number): void {
    for (const { type, value } of controlRecordsOf(bytes, at)) {
      if (value === null) continue;
      if (type === ControlType.KRAFT_VERSION)
        this.#kraftVersion = decodeMessage(KRaftVersionRecord, 0, value).kRaftVersion;
      if (type === ControlType.KRAFT_VOTERS)
        this.#voterIds = decodeMessage(VotersRecord, 0, value).voters.map(({ voterId }) => voterId);
    }
  }

  /** Why this node cannot be the quorum by itself; null where it can. */
  problem(nodeId: number): string | null {
    if (this.#kraftVersion > KRAFT_VERSION_MAX)
      return `kraft.version is ${this.#kraftVersion}, and the newest that Klamm knows is ${KRAFT_VERSION_MAX}`;
    const others = this.#voterIds.filter((id) => id !== nodeId);
    if (others.length === 0) return null;
    const who = `node${others.length > 1 ? 's' : ''} ${others.join(', ')}`;
    return this.#voterIds.includes(nodeId)
      ? `${who} vote${others.length > 1 ? '' : 's'} in its quorum too; remove them while the cluster runs (kafka-metadata-quorum remove-controller)`
      : `node ${nodeId} does not vote in its quorum, but ${who}; take the directory of a controller`;
  }

  /** The file's content while this node leads. */
  stateText(nodeId: number, leaderEpoch: number): string {
    const leader = { leaderId: nodeId, leaderEpoch, votedId: -1 };
    const state: QuorumState =
      this.#kraftVersion === 0
        ? {
            clusterId: '',
            ...leader,
            appliedOffset: 0,
            currentVoters: [{ voterId: nodeId }],
            data_version: 0,
          }
        : { ...leader, votedDirectoryId: ZERO_UUID, data_version: 1 };
    return JSON.stringify(state);
  }

  /** The batch that an epoch begins with. */
  leaderChange({ nodeId }: DirectoryIdentity, now: number): Buffer {
    // Version 1 has directories too, but Apache Kafka 4.3.1 reads and writes version 0 whatever kraft.version is
    // (ControlRecordUtils), and does not start on a log with the other.
    const version = 0;
    const self = [{ voterId: nodeId }];
    const value = encodeMessage(LeaderChangeMessage, version, {
      version,
      leaderId: nodeId,
      voters: self,
      grantingVoters: self,
    });
    return buildControlBatch([{ type: ControlType.LEADER_CHANGE, value }], now);
  }
}

/** Where `stateText` belongs. */
export const quorumStatePath = (path: string): string => `${path}/${STATE_FILE}`;
