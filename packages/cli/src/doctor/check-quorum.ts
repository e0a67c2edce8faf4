// The controllers: how many there are, whether each is a node that is there, at an address where it listens, and whether
// all nodes mean the same cluster.

import { listOf } from '@klamm/base/config';
import {
  type DeployedNode,
  type Deployment,
  given,
  isApacheImage,
  isController,
  written,
} from './deployment.ts';
import type { Finding } from './finding.ts';
import { isLoopback, isWildcard, listenersOf } from './node-listeners.ts';

interface Voter {
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

const VOTERS = 'controller.quorum.voters';

export function checkQuorum(deployment: Deployment): Finding[] {
  const { nodes } = deployment;
  return [
    ...nodes.flatMap((node) => voterCount(node)),
    ...(nodes.length > 1 ? differentVoters(nodes) : []),
    ...nodes.flatMap((node) => ownVoter(node)),
    ...(deployment.isWhole ? absentVoters(nodes) : []),
  ];
}

function votersOf(node: DeployedNode): Voter[] {
  return listOf(given(node, VOTERS)?.value ?? '').flatMap((text) => {
    const match = /^(\d+)@(\[[^\]]*\]|[^:]*):(\d+)$/.exec(text);
    if (match === null) return [];
    return [
      {
        id: String(Number(match[1])),
        host: (match[2] ?? '').replace(/^\[|\]$/g, ''),
        port: Number(match[3]),
      },
    ];
  });
}

const placesOf = (node: DeployedNode, name: string): string[] => [given(node, name)?.source ?? node.place];

function voterCount(node: DeployedNode): Finding[] {
  const voters = votersOf(node);
  const about = { nodes: [node.name], places: placesOf(node, VOTERS) };
  const ids = voters.map(({ id }) => id);
  if (new Set(ids).size < ids.length) {
    const what = `${VOTERS} names a node twice: each voter needs a node id of its own.`;
    return [{ ...about, level: 'error', code: 'voter-twice', what, instead: null }];
  }
  if (voters.length === 2) {
    return [
      {
        ...about,
        level: 'error',
        code: 'two-voters',
        what:
          'The quorum has two voters. Two need each other: when one dies, the other has no majority, and nothing can be ' +
          'created or elected any more, nor written with acks=all. Two are less available than one.',
        instead: `Three controllers (1@…,2@…,3@…) and three replicas of each topic, if it has to live on when a node dies; one, if it need not.`,
      },
    ];
  }
  if (voters.length > 2 && voters.length % 2 === 0) {
    const what = `The quorum has ${voters.length} voters. It lives on without ${voters.length / 2 - 1} of them, as ${voters.length - 1} would: one is there for nothing.`;
    const instead = `${voters.length - 1} or ${voters.length + 1} voters`;
    return [{ ...about, level: 'warning', code: 'even-voters', what, instead }];
  }
  return [];
}

function differentVoters(nodes: readonly DeployedNode[]): Finding[] {
  const lists = nodes.filter((node) => given(node, VOTERS) !== undefined);
  const texts = new Set(
    lists.map((node) =>
      votersOf(node)
        .map(({ id, host, port }) => `${id}@${host}:${port}`)
        .sort()
        .join(),
    ),
  );
  if (texts.size < 2) return [];
  return [
    {
      level: 'error',
      code: 'voters-differ',
      nodes: lists.map(({ name }) => name),
      places: lists.flatMap((node) => placesOf(node, VOTERS)),
      what: `The nodes do not agree on ${VOTERS}: each elects by its own list, and the cluster may fall into two.`,
      instead: 'The same list on every node, itself included',
    },
  ];
}

/** A controller has to be among the voters, at an address where it listens. */
function ownVoter(node: DeployedNode): Finding[] {
  const voters = votersOf(node);
  const id = given(node, 'node.id')?.value.trim();
  if (voters.length === 0 || id === undefined || !isController(node)) return [];
  const own = voters.find((voter) => voter.id === String(Number(id)));
  const about = { level: 'error', nodes: [node.name], places: placesOf(node, VOTERS) } as const;
  if (own === undefined) {
    const what = `Node ${id} is a controller, but ${VOTERS} does not name it: it does not start.`;
    return [{ ...about, code: 'voter-missing', what, instead: `${VOTERS} with ${id}@HOST:PORT` }];
  }
  const listeners = listenersOf(node).filter(({ isController }) => isController);
  const ports = listeners.map(({ port }) => port);
  if (ports.length > 0 && !ports.includes(own.port)) {
    const what = `${VOTERS} has node ${id} at port ${own.port}, but its controller listener is at ${ports.join(', ')}: nobody finds it there.`;
    const instead = `${id}@${own.host}:${ports[0]}`;
    return [{ ...about, code: 'voter-address', what, instead }];
  }
  const isAlone = voters.length === 1;
  if (isWildcard(own.host) || (isLoopback(own.host) && !isAlone && node.container !== undefined)) {
    const what = `${VOTERS} has node ${id} at "${own.host}": the other nodes would look for it on themselves.`;
    return [
      {
        ...about,
        code: 'voter-address',
        what,
        instead: `${id}@HOST:${own.port}, with a host they reach it by`,
      },
    ];
  }
  const { container } = node;
  const isOther = container !== undefined && !container.isOnHostNetwork && !isLoopback(own.host);
  const isPublished = container?.ports.some(
    ({ published, target }) => published === own.port && ports.includes(target),
  );
  if (isOther && !container.hosts.includes(own.host) && isPublished !== true) {
    const what = `${VOTERS} has node ${id} at "${own.host}", which is neither a name nor an address of its container (${container.hosts.join(', ')}).`;
    return [
      {
        ...about,
        code: 'voter-address',
        what,
        instead: `${id}@${container.hosts[0] ?? node.name}:${own.port}`,
      },
    ];
  }
  return [];
}

function absentVoters(nodes: readonly DeployedNode[]): Finding[] {
  const ids = new Set(nodes.flatMap((node) => given(node, 'node.id')?.value.trim() ?? []));
  if (ids.size === 0) return [];
  return nodes.flatMap((node) =>
    votersOf(node)
      .filter(({ id }) => !ids.has(id))
      .map(
        ({ id, host, port }): Finding => ({
          level: 'error',
          code: 'voter-absent',
          nodes: [node.name],
          places: placesOf(node, VOTERS),
          what: `${VOTERS} names node ${id} (${host}:${port}), but no node has node.id ${id}: it counts for the majority, and never votes.`,
          instead: null,
        }),
      ),
  );
}

export function checkNodeIds({ nodes }: Deployment): Finding[] {
  const byId = new Map<string, DeployedNode[]>();
  for (const node of nodes) {
    const id = given(node, 'node.id')?.value.trim();
    if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), node]);
  }
  return [...byId].flatMap(([id, same]): Finding[] => {
    if (same.length < 2) return [];
    return [
      {
        level: 'error',
        code: 'node-id-twice',
        nodes: same.map(({ name }) => name),
        places: same.flatMap((node) => placesOf(node, 'node.id')),
        what: `${same.length} nodes have node.id ${id}: the cluster takes in only one of them.`,
        instead: 'A node.id of its own for each node',
      },
    ];
  });
}

export function checkClusterIds(deployment: Deployment): Finding[] {
  const { nodes } = deployment;
  const found = nodes.map((node) => ({ node, entry: given(node, 'cluster.id') }));
  const wrong = found.flatMap(({ node, entry }): Finding[] => {
    if (entry === undefined || isClusterId(entry.value.trim())) return [];
    const { length } = entry.value.trim();
    return [
      {
        level: 'warning',
        code: 'cluster-id',
        nodes: [node.name],
        places: [entry.source],
        what: `"${entry.value.trim()}" is no cluster id: that is 16 bytes in URL-safe base64, 22 characters; this has ${length}. Apache Kafka 4 takes any text, but earlier versions refuse to format a data directory with it, and so do tools that read it.`,
        instead: 'What `kafka-storage random-uuid` prints, the same on every node',
      },
    ];
  });
  const ids = new Set(found.flatMap(({ entry }) => entry?.value.trim() ?? []));
  const about = { nodes: nodes.map(({ name }) => name) };
  const places = found.map(({ node, entry }) => entry?.source ?? node.place);
  const isMadeUp = (node: DeployedNode): boolean => node.container !== undefined && !isApacheImage(node);
  const without = found.filter(({ node, entry }) => entry === undefined && isMadeUp(node));
  if (ids.size > 1) {
    const what = 'The nodes are of different clusters: their cluster ids differ, and they refuse each other.';
    return [
      ...wrong,
      {
        ...about,
        level: 'error',
        code: 'cluster-ids-differ',
        places,
        what,
        instead: 'One cluster id on all nodes',
      },
    ];
  }
  if (nodes.length > 1 && without.length > 0 && deployment.isWhole) {
    const what =
      'Not every node is given the cluster id: each makes up one of its own, and they refuse each other.';
    const instead = `${written(nodes[0] as DeployedNode, 'cluster.id', '…').replace('CFG_CLUSTER_ID', 'KRAFT_CLUSTER_ID')}, the same on all nodes`;
    return [...wrong, { ...about, level: 'error', code: 'cluster-id-missing', places, what, instead }];
  }
  return wrong;
}

/** 16 bytes in URL-safe base64; padding is taken too. */
const isClusterId = (text: string): boolean => /^[A-Za-z0-9_-]{22}(==)?$/.test(text);
