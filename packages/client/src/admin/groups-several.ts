// Describes and deletes many groups with a request for each coordinator rather than for each group; what fails, fails for
// its group alone. Kafka: DescribeConsumerGroupsHandler, DeleteConsumerGroupsHandler.

import type { KlammError } from '@klamm/base/errors';
import { DescribeGroups } from '@klamm/protocol/api/15-describe-groups';
import { DeleteGroups } from '@klamm/protocol/api/42-delete-groups';
import { ConsumerGroupDescribe } from '@klamm/protocol/api/69-consumer-group-describe';
import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import type { Decoded } from '@klamm/protocol/schema/fields';
import type { Cluster } from '../cluster.ts';
import { classicDescription, consumerDescription, type GroupDescription, usersOf } from './groups.ts';
import { askGroupCoordinators } from './transactions-routes.ts';

type ClassicAnswer = Decoded<(typeof DescribeGroups)['response']['fields']>['groups'][number];
type ConsumerAnswer = Decoded<(typeof ConsumerGroupDescribe)['response']['fields']>['groups'][number];

/** By group id, in the order asked for: the group, or why it cannot be described (GROUP_ID_NOT_FOUND and others). */
export async function describeGroups(
  cluster: Cluster,
  groupIds: readonly string[],
): Promise<Map<string, GroupDescription | KlammError>> {
  const what = (id: string): string => `The group "${id}" cannot be described`;
  const found = new Map<string, GroupDescription | KlammError>();
  const classic = await askGroupCoordinators<ClassicAnswer>(
    cluster,
    groupIds,
    async (nodeId, ids) => {
      const { groups } = await cluster.request(DescribeGroups, { groups: ids }, { nodeId, retry: false });
      return groups.map((group) => [group.groupId, group]);
    },
    (id, errorCode) => refusal(what(id), errorCode),
  );
  for (const [id, group] of classic) {
    if (!isMissing(group))
      found.set(
        id,
        outcome(what(id), group, () => classicDescription(group)),
      );
  }
  const others = [...classic.keys()].filter((id) => !found.has(id));
  const consumers = await askGroupCoordinators<ConsumerAnswer>(
    cluster,
    others,
    async (nodeId, ids) => {
      const groups = await describeConsumers(cluster, nodeId, ids);
      return groups.map((group) => [group.groupId, group]);
    },
    (id, errorCode) => refusal(what(id), errorCode),
  );
  for (const [id, group] of consumers) {
    found.set(
      id,
      group.errorCode === ErrorCode.GROUP_ID_NOT_FOUND || group.errorCode === ErrorCode.UNSUPPORTED_VERSION
        ? kafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `There is no group "${id}".`)
        : outcome(what(id), group, () => consumerDescription(group)),
    );
  }
  return new Map(groupIds.flatMap((id) => inOrder(found, id)));
}

/** By group id, in the order asked for: undefined where it was deleted, or why not. */
export async function deleteGroups(
  cluster: Cluster,
  groupIds: readonly string[],
): Promise<Map<string, KlammError | undefined>> {
  const what = (id: string): string => `The group "${id}" was not deleted`;
  const answers = await askGroupCoordinators(
    cluster,
    groupIds,
    async (nodeId, ids) => {
      const { results } = await cluster.request(DeleteGroups, { groupsNames: ids }, { nodeId, retry: false });
      return results.map((result) => [result.groupId, result]);
    },
    (id, errorCode) => refusal(what(id), errorCode),
  );
  const outcomes = await Promise.all(
    groupIds.map(async (id) => {
      const errorCode = answers.get(id)?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      if (errorCode === 0) return [id, undefined] as const;
      const users = errorCode === ErrorCode.NON_EMPTY_GROUP ? await usersOf(cluster, id) : undefined;
      return [id, refusal(what(id), errorCode, users)] as const;
    }),
  );
  return new Map(outcomes);
}

/** Before v6 a group that is not there is "Dead"; so is one of another type. */
const isMissing = ({ errorCode, groupState }: ClassicAnswer): boolean =>
  errorCode === ErrorCode.GROUP_ID_NOT_FOUND || (errorCode === 0 && groupState === 'Dead');

async function describeConsumers(
  cluster: Cluster,
  nodeId: number,
  groupIds: readonly string[],
): Promise<readonly ConsumerAnswer[]> {
  try {
    const answer = await cluster.request(ConsumerGroupDescribe, { groupIds }, { nodeId, retry: false });
    return answer.groups;
  } catch (cause) {
    // A broker without the consumer protocol has no such groups.
    if ((cause as { errorCode?: number }).errorCode !== ErrorCode.UNSUPPORTED_VERSION) throw cause;
    return groupIds.map((groupId) => ({ ...NO_GROUP, groupId }));
  }
}

const NO_GROUP: Omit<ConsumerAnswer, 'groupId'> = {
  errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
  errorMessage: null,
  groupState: '',
  groupEpoch: 0,
  assignmentEpoch: 0,
  assignorName: '',
  members: [],
  authorizedOperations: 0,
};

function outcome(
  what: string,
  { errorCode, errorMessage }: { readonly errorCode: number; readonly errorMessage: string | null },
  describe: () => GroupDescription,
): GroupDescription | KlammError {
  return errorCode === 0 ? describe() : refusal(what, errorCode, errorMessage ?? undefined);
}

function refusal(what: string, errorCode: number, why?: string): KlammError {
  return kafkaError(errorCode, `${what}: ${why || errorMeaning(errorCode)}`);
}

function inOrder<T>(found: ReadonlyMap<string, T>, id: string): [string, T][] {
  const value = found.get(id);
  return value === undefined ? [] : [[id, value]];
}
