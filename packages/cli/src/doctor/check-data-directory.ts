// Data directories that are there already: whether they are of this cluster and of this node (meta.properties).

import { type DeployedNode, type Deployment, given, listValue } from './deployment.ts';
import type { Finding } from './finding.ts';

export function checkDataDirectories(deployment: Deployment): Finding[] {
  return deployment.nodes.flatMap((node) => {
    const directories =
      listValue(node, 'log.dirs').length > 0 ? listValue(node, 'log.dirs') : listValue(node, 'log.dir');
    return directories.flatMap((directory) => {
      const bytes = deployment.read(node, `${directory.replace(/\/$/, '')}/meta.properties`);
      return bytes === undefined ? [] : compare(node, directory, bytes.toString('utf8'));
    });
  });
}

function compare(node: DeployedNode, directory: string, meta: string): Finding[] {
  const value = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(meta)?.[1]?.trim();
  const about = { level: 'error', nodes: [node.name] } as const;
  const findings: Finding[] = [];
  const cluster = given(node, 'cluster.id');
  const its = value('cluster\\.id');
  if (cluster !== undefined && its !== undefined && its !== cluster.value.trim()) {
    findings.push({
      ...about,
      code: 'data-of-another-cluster',
      places: [cluster.source],
      what: `The data directory ${directory} is of the cluster ${its}, not of ${cluster.value.trim()}: the broker does not start on it.`,
      instead: `${its} as the cluster id, or an empty data directory`,
    });
  }
  const id = given(node, 'node.id');
  const itsNode = value('node\\.id');
  if (id !== undefined && itsNode !== undefined && itsNode !== id.value.trim()) {
    findings.push({
      ...about,
      code: 'data-of-another-node',
      places: [id.source],
      what: `The data directory ${directory} is of node ${itsNode}, not of node ${id.value.trim()}: the broker does not start on it.`,
      instead: `node.id=${itsNode}, or a data directory of its own`,
    });
  }
  return findings;
}
