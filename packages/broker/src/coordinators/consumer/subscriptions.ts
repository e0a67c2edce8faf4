// Which topics the members of a group subscribe to, by name and by pattern, and what those topics are like.

import type { MetadataImage, TopicImage } from '../../metadata/image.ts';
import type { AssignedMember } from './assignors/assignor.ts';
import type { ConsumerMember } from './consumer-member.ts';
import type { ConsumerStanding } from './consumer-standing.ts';

/** Where topics are looked up. */
export type Topics = Pick<MetadataImage, 'topic' | 'topicById' | 'topics'>;

/** Names of the topics that a member wants, whether they are there or not. */
function* topicNamesOf(standing: ConsumerStanding, member: ConsumerMember): Generator<string> {
  yield* member.subscribedTopicNames;
  if (member.subscribedTopicRegex !== null) {
    yield* standing.patterns.get(member.subscribedTopicRegex)?.topics ?? [];
  }
}

/** Ids of the topics that a member wants and that there are. */
export function topicIdsOf(standing: ConsumerStanding, member: ConsumerMember, topics: Topics): Set<string> {
  const topicIds = new Set<string>();
  for (const name of topicNamesOf(standing, member)) {
    const topic = topics.topic(name);
    if (topic !== undefined) topicIds.add(topic.id);
  }
  return topicIds;
}

/** The subscribed topics that there are, in order of name. */
export function subscribedTopics(standing: ConsumerStanding, topics: Topics): TopicImage[] {
  const names = new Set<string>();
  for (const member of standing.members.values()) {
    for (const name of topicNamesOf(standing, member)) names.add(name);
  }
  return [...names].sort().flatMap((name) => topics.topic(name) ?? []);
}

/** The members as an assignor sees them, in order of member id. */
export function assignedMembers(standing: ConsumerStanding, topics: Topics): AssignedMember[] {
  const members = [...standing.members.values()].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  return members.map((member) => {
    const topicIds = topicIdsOf(standing, member, topics);
    const { memberId, instanceId } = member;
    return { memberId, instanceId, topicIds, target: standing.targetOf(memberId) };
  });
}
