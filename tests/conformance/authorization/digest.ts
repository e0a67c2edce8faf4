// What two brokers must agree on in an answer: error codes, what is named, and what is allowed. Ids that each broker
// makes for itself, times, offsets and messages for people are left out; rows are put in an order of their own.

const KEPT = new Set([
  'errorCode',
  'partitionErrorCode',
  'topicConfigErrorCode',
  'topicAuthorizedOperations',
  'clusterAuthorizedOperations',
  'authorizedOperations',
  'name',
  'topic',
  'topicId',
  'groupId',
  'transactionalId',
  'resourceType',
  'resourceName',
  'patternType',
  'principal',
  'principalName',
  'host',
  'operation',
  'permissionType',
  'key',
  'entityName',
  'user',
  'topicName',
]);
/** Topics and groups of the brokers' own, and what says where a broker runs. */
const LEFT_OUT = new Set([
  'brokers',
  'abortedTransactions',
  'apiKeys',
  'configs',
  'synonyms',
  'activeProducers',
]);

/** @param nameOf what an id of a topic stands for */
export function digest(answer: unknown, nameOf: (topicId: string) => string): string {
  return JSON.stringify(reduced(answer, nameOf));
}

function reduced(value: unknown, nameOf: (topicId: string) => string): unknown {
  if (Array.isArray(value)) {
    const rows = value.map((each) => reduced(each, nameOf)).filter((each) => each !== undefined);
    const texts = rows.map((each) => JSON.stringify(each)).filter((text) => !text.includes('"__'));
    return texts.length === 0 ? undefined : [...new Set(texts)].sort().map((text) => JSON.parse(text));
  }
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return undefined;
  const kept: Record<string, unknown> = {};
  for (const [field, part] of Object.entries(value)) {
    if (LEFT_OUT.has(field)) continue;
    if (field === 'topicId') kept.topicId = nameOf(String(part));
    else if (KEPT.has(field) && (typeof part === 'string' || typeof part === 'number')) {
      if (field !== 'host' || part === '*') kept[field] = part;
    } else if (typeof part === 'object') {
      const below = reduced(part, nameOf);
      if (below !== undefined) kept[field] = below;
    }
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}
