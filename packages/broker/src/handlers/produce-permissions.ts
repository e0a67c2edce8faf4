// What of a Produce request its sender may write: the transactional id must be the sender's to use, or nothing is
// written; each topic must be, or nothing is written to it. It is asked before anything is appended or added to a
// transaction.

import { authorized } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { isInTransaction, type ProduceRequest, TOPIC_IDS_SINCE } from './transactional-produce.ts';

type ProduceTopic = ProduceRequest['topicData'][number];

/** Whether the transaction of the request, where there is one, is the sender's to write in. */
export function mayWriteInTransaction(context: RequestContext, request: ProduceRequest): boolean {
  const { transactionalId, topicData } = request;
  const isTransactional = topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => records !== null && isInTransaction(records)),
  );
  if (!isTransactional) return true;
  return (
    transactionalId !== null &&
    authorized(context, Operation.write, AclResource.transactionalId, transactionalId)
  );
}

/** The topics that may be written to, and those that may not. A topic id that stands for nothing is refused later. */
export function splitByPermission(
  context: RequestContext,
  { topicData }: ProduceRequest,
): { allowed: ProduceTopic[]; denied: ProduceTopic[] } {
  const { image } = context.broker.catalog;
  const allowed: ProduceTopic[] = [];
  const denied: ProduceTopic[] = [];
  for (const topic of topicData) {
    const isById = context.apiVersion >= TOPIC_IDS_SINCE;
    const name = isById ? image.topicById(topic.topicId)?.name : topic.name;
    const isAllowed = name === undefined || authorized(context, Operation.write, AclResource.topic, name);
    (isAllowed ? allowed : denied).push(topic);
  }
  return { allowed, denied };
}
