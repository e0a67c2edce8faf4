// What the administrator's calls do to groups of both protocols, on Klamm and on a real Apache Kafka 4.3.1.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { KlammError } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import { Kafka } from '@klamm/client/client';
import type { GroupConsumer } from '@klamm/client/group/group-consumer';
import type { GroupOptions } from '@klamm/client/group/options';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';

const java = await usePeer(getJava);
const settings = { 'group.initial.rebalance.delay.ms': '0' };
const brokers: [string, string | false, () => Promise<Broker>][] = [
  ['Klamm', false, () => startKlamm({ settings })],
  ['Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get(), { settings })],
];
const PROTOCOLS = ['classic', 'consumer'] as const;

for (const [name, skip, start] of brokers) {
  suite(`groups and their administrator on ${name}`, { skip, timeout: 180_000 }, () => {
    let broker: Broker;
    let kafka: Kafka;
    let admin: Admin;
    before(async () => {
      broker = await start();
      kafka = new Kafka({ brokers: broker.bootstrap, clientId: 'app' });
      admin = kafka.admin();
      for (const topic of ['orders', 'other']) await admin.createTopic({ name: topic, partitions: 2 });
    });
    after(async () => {
      await admin?.close();
      await broker?.[Symbol.asyncDispose]();
    });

    /** A member that has partitions; what it reads is nothing. */
    async function join(groupId: string, options: Partial<GroupOptions> = {}): Promise<GroupConsumer> {
      const group = kafka.group({ groupId, topics: 'orders', ...options });
      const assigned = new Promise<void>((resolve) => {
        const off = group.on('assigned', () => {
          off();
          resolve();
        });
      });
      group.next().catch(() => {});
      await assigned;
      return group;
    }
    const places = [0, 1].map((partition) => ({ topic: 'orders', partition }));

    for (const protocol of PROTOCOLS) {
      test(`a ${protocol} group is listed, described, protected while it is used, and deleted`, async () => {
        const groupId = `${protocol}-life`;
        const member = await join(groupId, { protocol, instanceId: 'first' });
        const listed = await admin.listGroups({ states: ['stable'], types: [protocol] });
        assert.deepEqual(
          listed.find((group) => group.groupId === groupId),
          { groupId, state: 'Stable', type: protocol, protocolType: 'consumer' },
        );
        for (const filter of [
          { states: ['Empty'] },
          { types: [protocol === 'classic' ? 'consumer' : 'classic'] },
        ]) {
          const others = await admin.listGroups(filter);
          assert.ok(!others.some((group) => group.groupId === groupId));
        }
        const { groupEpoch, members, ...described } = await admin.describeGroup(groupId);
        assert.deepEqual(described, {
          groupId,
          type: protocol,
          state: 'Stable',
          protocolType: 'consumer',
          assignor: protocol === 'classic' ? 'cooperative-sticky' : 'uniform',
        });
        const isClassic = protocol === 'classic';
        assert.equal(groupEpoch === null, isClassic);
        assert.deepEqual(members, [
          {
            memberId: member.memberId,
            instanceId: 'first',
            rackId: null,
            clientId: 'app',
            host: '127.0.0.1',
            protocol,
            memberEpoch: isClassic ? null : member.generation,
            topics: ['orders'],
            pattern: null,
            assignment: places,
            target: isClassic ? null : places,
          },
        ]);

        const inUse = {
          code: 'NON_EMPTY_GROUP',
          message: new RegExp(`in use by ${member.memberId} \\(app at`),
        };
        await assert.rejects(
          admin.setGroupOffsets(groupId, [{ topic: 'orders', partition: 0, offset: 0 }]),
          inUse,
        );
        await assert.rejects(admin.deleteGroupOffsets(groupId, places.slice(0, 1)), inUse);
        await assert.rejects(admin.deleteGroup(groupId), inUse);
        assert.deepEqual(await admin.groupOffsets(groupId), []);
        await member.close();
        await admin.removeMembers(groupId, [{ instanceId: 'first' }]);
        await admin.setGroupOffsets(groupId, [
          { topic: 'orders', partition: 0, offset: 0, metadata: 'note' },
        ]);
        assert.deepEqual(await admin.groupOffsets(groupId), [
          { topic: 'orders', partition: 0, offset: 0, metadata: 'note' },
        ]);
        await admin.deleteGroup(groupId);
        await assert.rejects(admin.describeGroup(groupId), { code: 'GROUP_ID_NOT_FOUND' });
        await assert.rejects(admin.deleteGroup(groupId), { code: 'GROUP_ID_NOT_FOUND' });
      });

      test(`offsets of a topic that a running ${protocol} group does not read can be removed`, async () => {
        const groupId = `${protocol}-other`;
        const other = { topic: 'other', partition: 1 };
        await admin.setGroupOffsets(groupId, [{ ...other, offset: 0 }]);
        await using member = await join(groupId, { protocol });
        assert.notEqual(member.memberId, '');
        assert.equal((await admin.groupOffsets(groupId)).length, 1);
        await admin.deleteGroupOffsets(groupId, [other]);
        assert.deepEqual(await admin.groupOffsets(groupId), []);
      });
    }

    test('a member that is taken out joins again as another', async () => {
      await using member = await join('removed', { protocol: 'classic' });
      const { memberId } = member;
      const again = new Promise<void>((resolve) => void member.on('assigned', () => resolve()));
      await admin.removeMembers('removed', [{ memberId }]);
      await again;
      assert.notEqual(member.memberId, memberId);
      await assert.rejects(admin.removeMembers('removed', [{ memberId }]), { code: 'UNKNOWN_MEMBER_ID' });
    });

    test('offsets alone make a group, whose topics need to be there', async () => {
      await admin.setGroupOffsets('bare', [{ topic: 'orders', partition: 1, offset: 7 }]);
      const { type, state, members } = await admin.describeGroup('bare');
      assert.deepEqual([type, state, members], ['classic', 'Empty', []]);
      const gone = { topic: 'gone', partition: 0, offset: 1 };
      await assert.rejects(admin.setGroupOffsets('bare', [gone]), { code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    });

    test('what is said of a group that is not there', async () => {
      assert.deepEqual(await admin.groupOffsets('nobody'), []);
      const codes = await Promise.all(
        [
          admin.describeGroup('nobody'),
          admin.deleteGroup('nobody'),
          admin.deleteGroupOffsets('nobody', places),
          admin.removeMembers('nobody', [{ memberId: 'm' }]),
          admin.describeGroup(''),
        ].map((call) =>
          call.then(
            () => '',
            (error) => (error instanceof KlammError ? error.code : String(error)),
          ),
        ),
      );
      assert.deepEqual(codes, [
        'GROUP_ID_NOT_FOUND',
        'GROUP_ID_NOT_FOUND',
        'GROUP_ID_NOT_FOUND',
        'UNKNOWN_MEMBER_ID',
        'INVALID_GROUP_ID',
      ]);
    });
  });
}
