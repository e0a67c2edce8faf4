// The content of the metadata log's `quorum-state` file: which leader and vote a controller knows, so that it never
// votes twice in an epoch (KIP-595). JSON with the fields of Kafka's QuorumStateData and its version; version 1 came
// with voters that can change (KIP-853), whose list then lies in the log. org.apache.kafka.raft.FileQuorumStateStore.

export type QuorumState =
  | {
      readonly data_version: 0;
      /** Id of the cluster; written empty. */
      readonly clusterId: string;
      /** Node id of the leader; -1 where it is not known. */
      readonly leaderId: number;
      /** The epoch that the leader or the vote is of. */
      readonly leaderEpoch: number;
      /** Node id of the one voted for; -1 for none. */
      readonly votedId: number;
      /** Unused, 0. */
      readonly appliedOffset: number;
      /** The voters of the quorum. */
      readonly currentVoters: readonly { readonly voterId: number }[] | null;
    }
  | {
      readonly data_version: 1;
      /** Node id of the leader; -1 where it is not known. */
      readonly leaderId: number;
      /** The epoch that the leader or the vote is of. */
      readonly leaderEpoch: number;
      /** Node id of the one voted for; -1 for none. */
      readonly votedId: number;
      /** Id of the log directory of the one voted for; all zero for none. */
      readonly votedDirectoryId: string;
    };
