// The cluster's metadata as it stands: what replaying the metadata log gives. `replay` is the only thing that
// changes it (org.apache.kafka.image.MetadataImage).

import { ZERO_UUID } from '@klamm/base/random';
import type { MetadataRecord } from '@klamm/protocol/stored/metadata-frame';
import { AclImage } from './acl-image.ts';
import { QuotaImage } from './quota-image.ts';
import { ScramImage } from './scram-image.ts';
import { TokenImage } from './token-image.ts';

export interface PartitionImage {
  readonly index: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
}

export interface TopicImage {
  readonly name: string;
  readonly id: string;
  /** By index, without gaps. */
  readonly partitions: PartitionImage[];
}

/** Kinds of resources that settings belong to (org.apache.kafka.common.config.ConfigResource.Type). */
export const ResourceType = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const;

export class MetadataImage {
  readonly #byName = new Map<string, TopicImage>();
  readonly #byId = new Map<string, TopicImage>();
  readonly #configs = new Map<string, Map<string, string>>();
  readonly features = new Map<string, number>();
  readonly acls = new AclImage();
  readonly quotas = new QuotaImage();
  readonly scram = new ScramImage();
  readonly tokens = new TokenImage();
  nextProducerId = 0;
  brokerEpoch = -1;
  /** Of every broker that is registered, by id: of this node, and of those that were with it once. */
  readonly brokerEpochs = new Map<number, number>();

  /** In order of name. */
  get topics(): TopicImage[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  topic(name: string): TopicImage | undefined {
    return this.#byName.get(name);
  }

  topicById(id: string): TopicImage | undefined {
    return this.#byId.get(id);
  }

  /** Settings given to a resource; the broker default's name is "". */
  configs(resourceType: number, name: string): ReadonlyMap<string, string> {
    return this.#configs.get(`${resourceType}:${name}`) ?? NO_CONFIGS;
  }

  /** Names of the resources of a kind that have settings, in order. */
  configured(resourceType: number): string[] {
    return [...this.#configs]
      .filter(([key, configs]) => configs.size > 0 && key.startsWith(`${resourceType}:`))
      .map(([key]) => key.slice(`${resourceType}:`.length))
      .sort();
  }

  replay(record: MetadataRecord, offset: number): void {
    switch (record.type) {
      case 0:
        this.brokerEpoch = offset;
        this.brokerEpochs.set(record.data.brokerId, record.data.brokerEpoch);
        break;
      case 1:
        this.brokerEpochs.delete(record.data.brokerId);
        break;
      case 2: {
        const topic = { name: record.data.name, id: record.data.topicId, partitions: [] };
        this.#byName.set(topic.name, topic);
        this.#byId.set(topic.id, topic);
        break;
      }
      case 3: {
        const { partitionId: index, leaderEpoch, partitionEpoch } = record.data;
        const partitions = this.#byId.get(record.data.topicId)?.partitions;
        if (partitions !== undefined) partitions[index] = { index, leaderEpoch, partitionEpoch };
        break;
      }
      case 4:
        this.#replayConfig(record.data);
        break;
      case 5:
        this.#replayPartitionChange(record.data);
        break;
      case 9: {
        const topic = this.#byId.get(record.data.topicId);
        if (topic === undefined) break;
        this.#byId.delete(topic.id);
        this.#byName.delete(topic.name);
        this.#configs.delete(`${ResourceType.topic}:${topic.name}`);
        break;
      }
      case 10:
        this.tokens.set(record.data);
        break;
      case 11: {
        const { name, mechanism, salt, storedKey, serverKey, iterations } = record.data;
        this.scram.set(name, mechanism, { salt, storedKey, serverKey, iterations });
        break;
      }
      case 12:
        if (record.data.featureLevel === 0) this.features.delete(record.data.name);
        else this.features.set(record.data.name, record.data.featureLevel);
        break;
      case 14:
        this.quotas.replay(record.data);
        break;
      case 15:
        this.nextProducerId = record.data.nextProducerId;
        break;
      case 18: {
        const { id, ...acl } = record.data;
        this.acls.add(id, acl);
        break;
      }
      case 19:
        this.acls.remove(record.data.id);
        break;
      case 22:
        this.scram.remove(record.data.name, record.data.mechanism);
        break;
      case 26:
        this.tokens.remove(record.data.tokenId);
        break;
    }
  }

  #replayConfig(data: {
    resourceType: number;
    resourceName: string;
    name: string;
    value: string | null;
  }): void {
    const key = `${data.resourceType}:${data.resourceName}`;
    let configs = this.#configs.get(key);
    if (configs === undefined) {
      configs = new Map();
      this.#configs.set(key, configs);
    }
    if (data.value === null) configs.delete(data.name);
    else configs.set(data.name, data.value);
  }

  // Each change of a partition counts its epoch up; a change of leader its leader epoch too (PartitionRegistration.merge).
  #replayPartitionChange(data: { partitionId: number; topicId: string; leader: number }): void {
    if (data.topicId === ZERO_UUID) return;
    const partitions = this.#byId.get(data.topicId)?.partitions;
    const partition = partitions?.[data.partitionId];
    if (partitions === undefined || partition === undefined) return;
    const newLeader = data.leader !== -2;
    partitions[data.partitionId] = {
      index: data.partitionId,
      leaderEpoch: partition.leaderEpoch + (newLeader ? 1 : 0),
      partitionEpoch: partition.partitionEpoch + 1,
    };
  }
}

const NO_CONFIGS: ReadonlyMap<string, string> = new Map();
