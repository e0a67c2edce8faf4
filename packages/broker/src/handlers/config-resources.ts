// What the three config APIs share: which resource is meant, whether it exists, and applying changes to it.

import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
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

/** Why a resource can neither be described nor altered; null where it can. */
export function resourceProblem(
  { catalog }: BrokerRooms,
  { resourceType, resourceName }: Resource,
): Outcome | null {
  const invalid = (errorMessage: string): Outcome => ({
    errorCode: ErrorCode.INVALID_REQUEST,
    errorMessage,
  });
  const isNamed = resourceName !== '';
  switch (resourceType) {
    case ResourceType.topic: {
      const problem = topicNameProblem(resourceName);
      if (problem !== null) return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: problem };
      if (catalog.image.topic(resourceName) !== undefined) return null;
      const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      return { errorCode, errorMessage: errorMeaning(errorCode) };
    }
    case ResourceType.broker:
    case ResourceType.brokerLogger:
      if (resourceName === `${catalog.nodeId}`) return null;
      if (!isNamed && resourceType === ResourceType.broker) return null;
      return invalid(`There is no broker "${resourceName}"; this node is ${catalog.nodeId}.`);
    case ResourceType.group:
      return isNamed ? null : invalid('There are no settings for all groups; name the group.');
    case ResourceType.clientMetrics:
      return isNamed ? null : invalid('A subscription to client metrics needs a name.');
    default:
      return invalid(
        `Resource type ${resourceType} is not supported; 2 (topic), 4 (broker), 16 (client metrics) and 32 (group) are.`,
      );
  }
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
  const problem = alterationProblem(broker, resource);
  if (problem !== null) return { ...problem, ...resource };
  const decide = () => {
    const current = catalog.image.configs(resourceType, resourceName);
    const target = { resourceType, resourceName, current, values: catalog.configs };
    return configRecords(target, changesFor(current));
  };
  if (resourceType === ResourceType.broker) {
    // Looked at before it is this change's turn: certificates and the like are read from files.
    const wanted = decide();
    const refused = 'errorCode' in wanted ? wanted : await refusedByRooms(broker, resource, wanted.configs);
    if (refused !== null) return { ...refused, ...resource };
  }
  const outcome = await catalog.change<Outcome>(() => {
    const wanted = decide();
    if ('errorCode' in wanted) return { records: [], result: wanted };
    const result = { errorCode: ErrorCode.NONE, errorMessage: null };
    return { records: validateOnly ? [] : wanted.records, result };
  });
  return { ...outcome, ...resource };
}

function alterationProblem(broker: BrokerRooms, resource: Resource): Outcome | null {
  const { resourceType, resourceName } = resource;
  if (resourceType === ResourceType.topic && resourceName === '') {
    const errorMessage = 'There are no settings for all topics; those of brokers are the defaults of topics.';
    return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
  }
  if (resourceType !== ResourceType.brokerLogger) return resourceProblem(broker, resource);
  const errorMessage = 'Klamm has no loggers whose level can be altered; --log-level says it at start.';
  return { errorCode: ErrorCode.INVALID_CONFIG, errorMessage };
}

/** What the rooms that go by broker settings have against them as they would be. */
async function refusedByRooms(
  { catalog }: BrokerRooms,
  { resourceType, resourceName }: Resource,
  configs: ReadonlyMap<string, string>,
): Promise<Outcome | null> {
  const current = catalog.image.configs(resourceType, resourceName);
  const names = [...new Set([...current.keys(), ...configs.keys()])].filter(
    (name) => current.get(name) !== configs.get(name),
  );
  const errorMessage = await catalog.brokerConfigProblem(resourceName, configs, new Set(names));
  return errorMessage === null ? null : { errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
}
