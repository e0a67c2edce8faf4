// Values of the KRaft quorum's control records in the metadata log and its snapshots (KIP-595, KIP-630, KIP-853).
// Which of them a control record holds says its key: see records/control.ts, which also has the transactions'
// markers.

import { array, int16, int32, int64, since, string, struct, uint16, uuid } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

const voter = {
  /** Node id of the voter. */
  voterId: int32(),
  /** Id of the voter's log directory, so that a replaced disk is not taken for the old one (KIP-853). */
  voterDirectoryId: since(1, uuid()),
};

/** The first record of each epoch: who leads, and who voted. */
export const LeaderChangeMessage = message({
  name: 'LeaderChangeMessage',
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    /** Version of this record's own format. */
    version: int16(),
    /** Node id of the new leader. */
    leaderId: int32(),
    /** The voters of the quorum. */
    voters: array(voter),
    /** The voters that voted for it. */
    grantingVoters: array(voter),
  },
});

/** The first record of a snapshot. */
export const SnapshotHeaderRecord = message({
  name: 'SnapshotHeaderRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Version of this record's own format. */
    version: int16(),
    /** Append time of the last record in the snapshot, ms since 1970. */
    lastContainedLogTimestamp: int64(),
  },
});

/** The last record of a snapshot: without it the snapshot is not whole. */
export const SnapshotFooterRecord = message({
  name: 'SnapshotFooterRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Version of this record's own format. */
    version: int16(),
  },
});

/** Which version of its protocol the quorum uses. */
export const KRaftVersionRecord = message({
  name: 'KRaftVersionRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Version of this record's own format. */
    version: int16(),
    /** Version of the quorum's protocol: 0 for fixed voters, 1 where they can change (KIP-853). */
    kRaftVersion: int16(),
  },
});

/** Who the voters are, and where they can be reached. */
export const VotersRecord = message({
  name: 'VotersRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Version of this record's own format. */
    version: int16(),
    /** The voters of the quorum. */
    voters: array({
      /** Node id of the voter. */
      voterId: int32(),
      /** Id of the voter's log directory, so that a replaced disk is not taken for the old one (KIP-853). */
      voterDirectoryId: uuid(),
      /** Where the voter can be reached, by listener. */
      endpoints: array({
        /** Name of the listener. */
        name: string(),
        /** Name or address to connect to. */
        host: string(),
        /** TCP port to connect to. */
        port: uint16(),
      }),
      /** Versions of the quorum's protocol that the voter supports. */
      kRaftVersionFeature: struct({
        /** Lowest level that is supported. */
        minSupportedVersion: int16(),
        /** Highest level that is supported. */
        maxSupportedVersion: int16(),
      }),
    }),
  },
});
