import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestGroup, TestTopics } from '../../testing/group-members.ts';
import { describeConsumerGroup } from './consumer-description.ts';

test('a described member has what it still has to give back, its target, and topics by name as long as there are any', () => {
  const group = new TestGroup(new TestTopics({ t: 2, gone: 1 }));
  group.join('m', { subscribedTopicNames: ['t', 'gone'], rackId: 'r', instanceId: 'i' });
  group.join('other');
  group.heartbeat({ instanceId: 'i', memberEpoch: 1 });
  group.topics.delete('gone');
  const described = describeConsumerGroup(group.group.standing, 'uniform', group.topics);
  const [member, other] = described.members ?? [];
  const topicId = group.topics.topic('t')?.id ?? '';
  const all = [{ topicId, topicName: 't', partitions: [0, 1] }];
  assert.deepEqual(member?.assignment?.topicPartitions, all);
  const own = member?.targetAssignment?.topicPartitions?.[0]?.partitions;
  assert.equal(own?.length, 1);
  const { groupState, groupEpoch, assignmentEpoch, assignorName } = described;
  assert.deepEqual([groupState, groupEpoch, assignmentEpoch, assignorName], ['Reconciling', 2, 2, 'uniform']);
  assert.deepEqual(
    [member?.memberEpoch, member?.instanceId, member?.rackId, member?.clientHost, member?.memberType],
    [1, 'i', 'r', '/127.0.0.1', 1],
  );
  assert.deepEqual([member?.subscribedTopicNames, member?.subscribedTopicRegex], [['gone', 't'], '']);
  assert.deepEqual(other?.assignment?.topicPartitions, []);
});
