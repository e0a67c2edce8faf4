// Whether one node can serve what a metadata log tells of: records that name other nodes' replicas, storage that is not on
// this machine, or a level of a feature that Klamm does not have, are reasons not to start. Each reason says what to do.

import type { MetadataRecord } from '@klamm/protocol/stored/metadata-frame';
import { FEATURES, METADATA_VERSION } from './bootstrap.ts';
import { ResourceType } from './image.ts';

/** How many topics or brokers a reason names. */
const NAMED_MAX = 5;
/**
 * From 3.7-IV2 on, partitions and registrations tell of log directories, as Klamm's do. Apache Kafka does not start on a log
 * of an earlier level that has such records (ImageWriterOptions.handleLoss).
 */
const METADATA_VERSION_MIN = 17;
const TIERED = 'remote.storage.enable';

interface TopicTraits {
  readonly name: string;
  /** Ids of the brokers with replicas, by partition; those that are being added count. */
  readonly replicas: Map<number, readonly number[]>;
}

export class SoleNode {
  readonly #nodeId: number;
  readonly #topics = new Map<string, TopicTraits>();
  readonly #tiered = new Set<string>();
  readonly #features = new Map<string, number>();
  #logDirs = 1;

  constructor(nodeId: number) {
    this.#nodeId = nodeId;
  }

  replay({ type, data }: MetadataRecord): void {
    if (type === 0 && data.brokerId === this.#nodeId) this.#logDirs = data.logDirs.length;
    if (type === 2) this.#topics.set(data.topicId, { name: data.name, replicas: new Map() });
    if (type === 3) {
      const { topicId, partitionId, replicas, addingReplicas } = data;
      this.#topics.get(topicId)?.replicas.set(partitionId, [...replicas, ...addingReplicas]);
    }
    if (type === 5 && data.replicas !== null)
      this.#topics.get(data.topicId)?.replicas.set(data.partitionId, data.replicas);
    if (type === 9) this.#removeTopic(data.topicId);
    if (type === 4 && data.resourceType === ResourceType.topic && data.name === TIERED) {
      if (data.value === 'true') this.#tiered.add(data.resourceName);
      else this.#tiered.delete(data.resourceName);
    }
    if (type === 12) this.#features.set(data.name, data.featureLevel);
  }

  /** Reasons why not, each a sentence without its end; none where it can. */
  problems(): string[] {
    return [...this.#replicaProblems(), ...this.#storageProblems(), ...this.#featureProblems()];
  }

  #removeTopic(topicId: string): void {
    const topic = this.#topics.get(topicId);
    this.#topics.delete(topicId);
    if (topic !== undefined) this.#tiered.delete(topic.name);
  }

  #replicaProblems(): string[] {
    const elsewhere = [...this.#topics.values()].filter(({ replicas }) =>
      [...replicas.values()].some((ids) => ids.some((id) => id !== this.#nodeId)),
    );
    if (elsewhere.length === 0) return [];
    const others = new Set(elsewhere.flatMap(({ replicas }) => [...replicas.values()].flat()));
    others.delete(this.#nodeId);
    return [
      `${topicsText(elsewhere.map(({ name }) => name))} replicas on broker${others.size > 1 ? 's' : ''} ` +
        `${[...others].sort((a, b) => a - b).join(', ')}, and Klamm is one node: reassign every partition to node ` +
        `${this.#nodeId} alone while the cluster runs (kafka-reassign-partitions), or copy the topics to Klamm`,
    ];
  }

  #storageProblems(): string[] {
    const problems = [];
    if (this.#tiered.size > 0) {
      problems.push(
        `${topicsText([...this.#tiered])} segments in remote storage (${TIERED}), which Klamm does not read: set ` +
          `${TIERED}=false with remote.log.delete.on.disable=true, having read what is to be kept`,
      );
    }
    if (this.#logDirs > 1) {
      problems.push(
        `the broker had ${this.#logDirs} log directories, and Klamm keeps all in one: move the partitions into one ` +
          'while the cluster runs (kafka-reassign-partitions with log_dirs)',
      );
    }
    return problems;
  }

  #featureProblems(): string[] {
    return [...this.#features].flatMap(([name, level]) => {
      if (name === METADATA_VERSION && level < METADATA_VERSION_MIN) {
        return [
          `the feature ${name} is at level ${level}, and Klamm writes what Apache Kafka has from level ${METADATA_VERSION_MIN} (3.7-IV2) on: raise it there (kafka-features upgrade --release-version 4.3)`,
        ];
      }
      const known = FEATURES.find((feature) => feature.name === name);
      if (level === 0 || (known !== undefined && level >= known.minVersion && level <= known.maxVersion))
        return [];
      const range =
        known === undefined
          ? 'Klamm does not know it'
          : `Klamm has ${known.minVersion} to ${known.maxVersion}`;
      return [
        `the feature ${name} is at level ${level}, and ${range}: a newer Apache Kafka wrote this; downgrade the feature there (kafka-features downgrade)`,
      ];
    });
  }
}

function topicsText(names: readonly string[]): string {
  const named = [...names].sort().slice(0, NAMED_MAX).join(', ');
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return `${named}${more} ${names.length > 1 ? 'have' : 'has'}`;
}
