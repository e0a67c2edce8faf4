// `klamm group`: list, describe, delete. Of several groups each is done by itself: what fails is told, the others go on,
// and the exit code is 1.

import { partitionText } from '@klamm/protocol/groups/topic-partition';
import type { CommandRun } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import { failOrThrow, namesOf } from '../several.ts';

export const listGroups: CommandRun = async (context, _parameters, flags) => {
  await using admin = (await context.kafka()).admin();
  const groups = await admin.listGroups({ states: flags.list('state'), types: flags.list('type') });
  const rows = groups.map(({ groupId, type, state, protocolType }) => ({
    group: groupId,
    type,
    state,
    protocolType,
  }));
  const columns = [
    { key: 'group', title: 'GROUP' },
    { key: 'type', title: 'TYPE' },
    { key: 'state', title: 'STATE' },
    { key: 'protocolType', title: 'PROTOCOL TYPE', isWide: true },
  ];
  await context.rows(columns, rows, 'There are no groups. One begins with: klamm consume TOPIC -g GROUP');
};

export const describeGroups: CommandRun = async (context, [names]) => {
  await using admin = (await context.kafka()).admin();
  const rows = [];
  for (const name of namesOf(names)) {
    try {
      const { groupId, type, state, assignor, groupEpoch, members } = await admin.describeGroup(name);
      const { length } = members;
      context.say(
        `${groupId}: ${state}, ${length} ${length === 1 ? 'member' : 'members'}, ${type} protocol${assignor === '' ? '' : `, ${assignor}`}`,
      );
      for (const member of members) {
        rows.push({
          group: groupId,
          state,
          type,
          assignor,
          member: member.memberId,
          client: member.clientId,
          host: member.host,
          partitions: member.assignment.map(partitionText),
          instance: member.instanceId,
          protocol: member.protocol,
          epoch: member.memberEpoch,
          groupEpoch,
          topics: member.topics === null ? null : [...member.topics],
          pattern: member.pattern,
          target: member.target?.map(partitionText) ?? null,
        });
      }
    } catch (error) {
      failOrThrow(context, error);
    }
  }
  const columns = [
    { key: 'group', title: 'GROUP' },
    { key: 'member', title: 'MEMBER' },
    { key: 'client', title: 'CLIENT' },
    { key: 'host', title: 'HOST' },
    { key: 'partitions', title: 'PARTITIONS' },
    { key: 'instance', title: 'INSTANCE', isWide: true },
    { key: 'protocol', title: 'PROTOCOL', isWide: true },
    { key: 'epoch', title: 'EPOCH', isNumber: true, isWide: true },
    { key: 'topics', title: 'TOPICS', isWide: true },
    { key: 'pattern', title: 'PATTERN', isWide: true },
    { key: 'target', title: 'TARGET', isWide: true },
  ];
  if (rows.length > 0 || !context.hasFailed) await context.rows(columns, rows, 'No members.');
};

export const deleteGroups: CommandRun = async (context, [names]) => {
  const groups = namesOf(names);
  if (context.globals.dryRun) {
    for (const name of groups) context.say(`The group ${name} would be deleted.`);
    return;
  }
  if (!(await isConfirmed(context, `Delete ${groups.join(', ')} and all offsets?`))) {
    context.hasFailed = true;
    return context.say('Nothing was deleted.');
  }
  await using admin = (await context.kafka()).admin();
  for (const name of groups) {
    try {
      await admin.deleteGroup(name);
      context.say(`Deleted the group ${name}.`);
    } catch (error) {
      failOrThrow(context, error);
    }
  }
};
