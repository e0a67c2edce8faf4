// What the three config APIs share: which resource is meant, whether it exists, and applying changes to it.

import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import { type BrokerConfigName, isBrokerConfig } from '../config/broker.ts';
import { isTopicConfig } from '../config/topic.ts';
import type { BrokerRooms, RequestContext } from '../dispatch/context.ts';
import { Operation } from '../metadata/acl.ts';
import { type ConfigChange, configRecords } from '../metadata/config-changes.ts';
import { ResourceType } from '../metadata/image.ts';
import { repeated, topicNameProblem } from '../metadata/topic-changes.ts';
import { configRefusal } from './config-permissions.ts';

export interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

interface Outcome {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Why a resource cannot be described or altered; null where it can. */
export function resourceProblem(
  { catalog }: BrokerRooms,
  { resourceType, resourceName }: Resource,
): Outcome | null {
  if (resourceType === ResourceType.topic) {
    const problem = topicNameProblem(resourceName);
    if (problem !== null) return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: problem };
    if (catalog.image.topic(resourceName) !== undefined) return null;
    const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return { errorCode, errorMessage: errorMeaning(errorCode) };
  }
  if (resourceType === ResourceType.broker) {
    if (resourceName === '' || resourceName === `${catalog.nodeId}`) return null;
    const errorMessage = `There is no broker "${resourceName}"; this node is ${catalog.nodeId}.`;
    return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
  }
  const errorMessage = `Resource type ${resourceType} is not supported; 2 (topic) and 4 (broker) are.`;
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
}

interface Alteration {
  readonly resource: Resource;
  readonly changesFor: (current: ReadonlyMap<string, string>) => readonly ConfigChange[];
}

/** Alters resources one after the other; one that the request names twice is refused. */
export async function alterResources(
  context: RequestContext,
  alterations: readonly Alteration[],
  validateOnly: boolean,
): Promise<(Outcome & Resource)[]> {
  const keyOf = ({ resourceType, resourceName }: Resource): string => `${resourceType}:${resourceName}`;
  const twice = repeated(alterations.map(({ resource }) => keyOf(resource)));
  const outcomes = [];
  for (const { resource, changesFor } of alterations) {
    if (!twice.has(keyOf(resource))) {
      const refusal = configRefusal(context, Operation.alterConfigs, resource);
      outcomes.push(
        refusal === null
          ? await alterResource(context.broker, resource, changesFor, validateOnly)
          : { ...refusal, ...resource },
      );
      continue;
    }
    const errorMessage = `The request names ${resource.resourceName} more than once.`;
    outcomes.push({ errorCode: ErrorCode.INVALID_REQUEST, errorMessage, ...resource });
  }
  return outcomes;
}

/** Applies changes to one resource: all of them or none. */
async function alterResource(
  broker: BrokerRooms,
  resource: Resource,
  changesFor: (current: ReadonlyMap<string, string>) => readonly ConfigChange[],
  validateOnly: boolean,
): Promise<Outcome & Resource> {
  const { catalog } = broker;
  const { resourceType, resourceName } = resource;
  const problem = resourceProblem(broker, resource);
  if (problem !== null) return { ...problem, resourceType, resourceName };
  const effective = (name: string): string => {
    if (resourceType === ResourceType.topic && isTopicConfig(name))
      return catalog.topicConfig(resourceName, name)[0]?.value ?? '';
    return isBrokerConfig(name) ? brokerValue(broker, name) : '';
  };
  const outcome = await catalog.change<Outcome>((image) => {
    const changes = changesFor(image.configs(resourceType, resourceName));
    const records = configRecords(resourceType, resourceName, changes, effective);
    if ('errorCode' in records) return { records: [], result: records };
    return {
      records: validateOnly ? [] : records,
      result: { errorCode: ErrorCode.NONE, errorMessage: null },
    };
  });
  return { ...outcome, resourceType, resourceName };
}

/** The value of a broker setting in force, dynamic ones included. */
export function brokerValue({ catalog, settings }: BrokerRooms, name: BrokerConfigName): string {
  return catalog.brokerConfigSources(name)[0]?.value ?? settings.text(name);
}
