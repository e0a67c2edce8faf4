// Requests of those who look after a cluster: topics, settings, ACLs, users, quotas, tokens.

import { Metadata } from '@klamm/protocol/api/03-metadata';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { DeleteTopics } from '@klamm/protocol/api/20-delete-topics';
import { DeleteRecords } from '@klamm/protocol/api/21-delete-records';
import { DescribeAcls } from '@klamm/protocol/api/29-describe-acls';
import { CreateAcls } from '@klamm/protocol/api/30-create-acls';
import { DeleteAcls } from '@klamm/protocol/api/31-delete-acls';
import { DescribeConfigs } from '@klamm/protocol/api/32-describe-configs';
import { AlterConfigs } from '@klamm/protocol/api/33-alter-configs';
import { DescribeLogDirs } from '@klamm/protocol/api/35-describe-log-dirs';
import { CreatePartitions } from '@klamm/protocol/api/37-create-partitions';
import { CreateDelegationToken } from '@klamm/protocol/api/38-create-delegation-token';
import { DescribeDelegationToken } from '@klamm/protocol/api/41-describe-delegation-token';
import { DeleteGroups } from '@klamm/protocol/api/42-delete-groups';
import { IncrementalAlterConfigs } from '@klamm/protocol/api/44-incremental-alter-configs';
import { DescribeClientQuotas } from '@klamm/protocol/api/48-describe-client-quotas';
import { AlterClientQuotas } from '@klamm/protocol/api/49-alter-client-quotas';
import { DescribeUserScramCredentials } from '@klamm/protocol/api/50-describe-user-scram-credentials';
import { AlterUserScramCredentials } from '@klamm/protocol/api/51-alter-user-scram-credentials';
import { DescribeCluster } from '@klamm/protocol/api/60-describe-cluster';
import { ListConfigResources } from '@klamm/protocol/api/74-list-config-resources';
import { EVERY_GROUP, EVERY_TOPIC, MISSING, TOKEN_OWNERS } from './cast.ts';
import { from, type Row, rows } from './row.ts';

const TOPIC = 2;
const BROKER = 4;
const GROUP_CONFIG = 32;
/** Of every kind, for every principal, allowed and denied. */
const ANY_ACL = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};
const THROWAWAY = {
  resourceType: TOPIC,
  resourceName: 'throwaway',
  resourcePatternType: 3,
  principal: 'User:nobody',
  host: '*',
  operation: 3,
  permissionType: 3,
};

export function adminRows(): Row[] {
  return [...lookingRows(), ...configRows(), ...userRows(), ...aclRows(), ...changingRows()];
}

function lookingRows(): Row[] {
  return [
    ...rows(DescribeCluster, from(0, 2), '', () => ({ includeClusterAuthorizedOperations: true })),
    ...rows(DescribeCluster, [2], 'with fenced brokers', () => ({ includeFencedBrokers: true })),
    ...rows(DescribeLogDirs, from(1, 5), 'of two topics', () => ({
      topics: ['orders', 'secret'].map((topic) => ({ topic, partitions: [0] })),
    })),
    ...rows(ListConfigResources, [0, 1], 'topics', () => ({ resourceTypes: [TOPIC] })),
  ];
}

function configRows(): Row[] {
  const resources = [
    ...EVERY_TOPIC.map((resourceName) => ({ resourceType: TOPIC, resourceName })),
    { resourceType: BROKER, resourceName: '1' },
    { resourceType: BROKER, resourceName: '' },
    ...EVERY_GROUP.map((resourceName) => ({ resourceType: GROUP_CONFIG, resourceName })),
  ];
  const settings = { [TOPIC]: 'retention.ms', [BROKER]: 'message.max.bytes' } as Readonly<
    Record<number, string>
  >;
  const nameOf = (resourceType: number): string => settings[resourceType] ?? 'consumer.session.timeout.ms';
  return [
    ...rows(DescribeConfigs, from(1, 4), 'of every resource', () => ({
      resources: resources.map((each) => ({ ...each, configurationKeys: [nameOf(each.resourceType)] })),
    })),
    ...rows(AlterConfigs, from(0, 2), 'of every resource', () => ({
      validateOnly: true,
      resources: resources.map((each) => ({
        ...each,
        configs: [{ name: nameOf(each.resourceType), value: '50000' }],
      })),
    })),
    ...rows(IncrementalAlterConfigs, [0, 1], 'of every resource', () => ({
      validateOnly: true,
      resources: resources.map((each) => ({
        ...each,
        configs: [{ name: nameOf(each.resourceType), configOperation: 0, value: '50000' }],
      })),
    })),
  ];
}

function userRows(): Row[] {
  return [
    ...rows(DescribeUserScramCredentials, [0], 'of nobody', () => ({ users: [{ name: 'nobody' }] })),
    ...rows(AlterUserScramCredentials, [0], 'of nobody', () => ({
      deletions: [{ name: 'nobody', mechanism: 1 }],
      upsertions: [],
    })),
    ...rows(DescribeClientQuotas, [0, 1], '', () => ({ components: [], strict: false })),
    ...rows(AlterClientQuotas, [0, 1], '', () => ({
      validateOnly: true,
      entries: [
        {
          entity: [{ entityType: 'user', entityName: 'nobody' }],
          ops: [{ key: 'producer_byte_rate', value: 1e9, remove: false }],
        },
      ],
    })),
    ...rows(CreateDelegationToken, from(1, 3), 'of their own', () => ({ renewers: [], maxLifetimeMs: -1 })),
    ...TOKEN_OWNERS.flatMap((ownerPrincipalName) =>
      rows(CreateDelegationToken, [3], `of ${ownerPrincipalName}`, () => ({
        ownerPrincipalType: 'User',
        ownerPrincipalName,
        renewers: [],
        maxLifetimeMs: -1,
      })),
    ),
  ];
}

function aclRows(): Row[] {
  const wrong = [
    { ...THROWAWAY, resourceName: '' },
    { ...THROWAWAY, resourceType: 4 },
    { ...THROWAWAY, resourceType: 1 },
    { ...THROWAWAY, resourcePatternType: 1 },
    { ...THROWAWAY, operation: 1 },
    { ...THROWAWAY, permissionType: 1 },
  ];
  return [
    ...rows(DescribeAcls, from(1, 3), 'all', () => ANY_ACL),
    ...rows(DescribeAcls, [2, 3], 'that apply to orders-eu', () => ({
      ...ANY_ACL,
      resourceTypeFilter: TOPIC,
      resourceNameFilter: 'orders-eu',
      patternTypeFilter: 2,
    })),
    ...rows(DescribeAcls, [1, 3], 'prefixed, of one principal', () => ({
      ...ANY_ACL,
      patternTypeFilter: 4,
      principalFilter: 'User:reader',
    })),
    ...rows(CreateAcls, from(1, 3), 'one', () => ({ creations: [THROWAWAY, THROWAWAY] })),
    ...wrong.flatMap((creation, i) =>
      rows(CreateAcls, [1, 3], `wrong ${i}`, () => ({ creations: [creation] })),
    ),
    ...rows(DeleteAcls, from(1, 3), 'one', () => ({
      filters: [{ ...ANY_ACL, resourceNameFilter: 'throwaway' }],
    })),
  ];
}

function changingRows(): Row[] {
  const owners = TOKEN_OWNERS.map((principalName) => ({ principalType: 'User', principalName }));
  return [
    ...rows(DescribeDelegationToken, from(1, 3), 'of two users', () => ({ owners })),

    ...rows(CreateTopics, from(2, 7), 'some, as a test', () => ({
      validateOnly: true,
      topics: ['orders-new', 'logs.new', 'another', 'orders', 'secret'].map((name) => ({
        name,
        numPartitions: 1,
        replicationFactor: 1,
      })),
    })),
    ...rows(CreatePartitions, from(0, 3), 'of every topic, as a test', () => ({
      timeoutMs: 5000,
      validateOnly: true,
      topics: EVERY_TOPIC.map((name) => ({ name, count: 2, assignments: null })),
    })),
    ...rows(DeleteRecords, from(0, 2), 'of every topic', () => ({
      timeoutMs: 5000,
      topics: EVERY_TOPIC.map((name) => ({ name, partitions: [{ partitionIndex: 0, offset: 0 }] })),
    })),
    ...rows(DeleteTopics, from(1, 6), 'that are not there', (version) => ({
      timeoutMs: 5000,
      ...(version >= 6 ? { topics: MISSING.map((name) => ({ name })) } : { topicNames: MISSING }),
    })),
    ...rows(CreateTopics, [7], 'orders-new', () => ({
      topics: [{ name: 'orders-new', numPartitions: 1, replicationFactor: 1 }],
    })),
    ...rows(DeleteTopics, [5], 'orders-new', () => ({ timeoutMs: 5000, topicNames: ['orders-new'] })),
    ...rows(DeleteTopics, [6], 'by id', (_version, { idOf }) => ({
      timeoutMs: 5000,
      topics: ['orders-scrap', 'logs.scrap', 'nothing-here'].map((name) => ({ topicId: idOf(name) })),
    })),
    ...rows(Metadata, [4, 9, 13], 'of topics to be created', () => ({
      topics: ['auto-new', 'orders-auto'].map((name) => ({ name })),
    })),
    ...rows(DeleteGroups, from(0, 2), 'every one', () => ({
      groupsNames: ['orders-scrap-group', 'logs-group', 'secret-group', 'none-group'],
    })),
  ];
}
