// `klamm cluster info`: who is there.

import type { CommandRun } from '../command.ts';

export const clusterInfo: CommandRun = async (context) => {
  await using admin = (await context.kafka()).admin();
  const { clusterId, controllerId, brokers } = await admin.describeCluster();
  const rows = brokers.map(({ nodeId, host, port, rack }) => ({
    node: nodeId,
    host,
    port,
    rack,
    controller: nodeId === controllerId,
    cluster: clusterId,
  }));
  const { output } = context.globals;
  if (output === undefined || output === 'table') context.say(`Cluster ${clusterId ?? 'without an id'}`);
  const columns = [
    { key: 'node', title: 'NODE', isNumber: true },
    { key: 'host', title: 'HOST' },
    { key: 'port', title: 'PORT', isNumber: true },
    { key: 'rack', title: 'RACK' },
    { key: 'controller', title: 'CONTROLLER' },
    { key: 'cluster', title: 'CLUSTER', isWide: true },
  ];
  await context.rows(columns, rows, 'The cluster names no broker.');
};
