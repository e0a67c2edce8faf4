// A cluster that runs: whether every broker is to be reached at the address that it tells clients, and what is wrong with
// the settings that the brokers say they have.

import { KlammError } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import { type CommandContext, sentenceOf } from '../context.ts';
import { certificateFaults } from './certificate-faults.ts';
import type { DeployedNode } from './deployment.ts';
import { examine } from './examine.ts';
import type { Finding } from './finding.ts';
import { partitionFindings, quorumFindings } from './live-cluster.ts';
import { isLoopback } from './node-listeners.ts';

export async function examineLive(context: CommandContext): Promise<Finding[]> {
  const { bootstrap } = context.globals;
  const admin = (await context.kafka()).admin();
  try {
    const { brokers } = await admin.describeCluster();
    const findings: Finding[] = [];
    const nodes: DeployedNode[] = [];
    for (const broker of brokers) {
      const name = `broker ${broker.nodeId}`;
      const address = `${broker.host}:${broker.port}`;
      const node = await settingsOf(context, admin, broker.nodeId, name);
      if (typeof node !== 'string') nodes.push(node);
      const failure = await unreachable(context, address);
      findings.push(...(await certificateOf(context, broker, name)));
      if (failure !== undefined) findings.push(notReached(name, address, bootstrap, failure));
      else if (typeof node === 'string') context.say(`The settings of ${name} were not looked into: ${node}`);
    }
    const now = context.clock.now();
    const isWhole = nodes.length === brokers.length && nodes.length > 1;
    findings.push(...(await clusterFindings(context, admin, brokers.length)));
    return [...findings, ...examine({ nodes, isWhole, now, read: () => undefined })];
  } catch (error) {
    if (!(error instanceof KlammError)) throw error;
    const { parseAddresses } = await import('@klamm/client/network/address');
    const certificates = await Promise.all(
      parseAddresses(bootstrap).map((address) =>
        certificateOf(context, address, `${address.host}:${address.port}`),
      ),
    );
    return [
      ...certificates.flat(),
      {
        level: 'error',
        code: 'not-reached',
        nodes: [],
        places: [bootstrap],
        what: sentenceOf(error),
        instead: null,
      },
    ];
  } finally {
    await admin.close();
  }
}

/** What is wrong with the quorum and the partitions, as far as this login is told of them. */
async function clusterFindings(
  context: CommandContext,
  admin: Admin,
  brokerCount: number,
): Promise<Finding[]> {
  const topics = await admin.listTopics({ internal: true });
  const findings = partitionFindings(topics, brokerCount);
  try {
    findings.push(...quorumFindings(await admin.describeQuorum(), context.clock.now()));
  } catch (error) {
    if (!(error instanceof KlammError)) throw error;
    context.say(`The quorum was not looked into: ${sentenceOf(error)}`);
  }
  return findings;
}

/** What a client would say to the certificate that a broker shows; nothing where it is in the clear or not there. */
async function certificateOf(
  context: CommandContext,
  { host, port }: { readonly host: string; readonly port: number },
  name: string,
): Promise<Finding[]> {
  if (!(context.globals.properties['security.protocol'] ?? '').toUpperCase().endsWith('SSL')) return [];
  const { probeTls } = await import('@klamm/client/network/tls-probe');
  try {
    const clock = context.clock;
    const { chain } = await probeTls({ host, port }, undefined, {
      clock,
      connectionTimeoutMs: context.globals.timeoutMs,
    });
    const [own] = chain;
    if (own === undefined) return [];
    const faults = certificateFaults(own, `that ${name} shows`, clock.now(), host);
    return faults.map((fault) => ({ ...fault, nodes: [name], places: [`${host}:${port}`] }));
  } catch (error) {
    // That it is not reached is told as such.
    if (error instanceof KlammError) return [];
    throw error;
  }
}

/** The settings that a broker was given, or why it does not tell them. */
async function settingsOf(
  context: CommandContext,
  admin: Admin,
  nodeId: number,
  name: string,
): Promise<DeployedNode | string> {
  try {
    const entries = await admin.describeConfigs({ broker: nodeId });
    context.say(`Looking at the settings of ${name}.`);
    return {
      name,
      place: name,
      entries: entries.flatMap(({ name: key, value, isDefault, isSensitive }) =>
        isDefault || isSensitive || value === null ? [] : [{ name: key, value, source: name }],
      ),
      variables: new Map(),
      container: undefined,
    };
  } catch (error) {
    if (!(error instanceof KlammError)) throw error;
    return sentenceOf(error);
  }
}

/** Connects to the address that a broker gives clients, with the same login; undefined where it answers. */
async function unreachable(context: CommandContext, address: string): Promise<string | undefined> {
  const admin = (await context.kafka({ brokers: address, retryTimeoutMs: 0 })).admin();
  try {
    await admin.describeCluster();
    return undefined;
  } catch (error) {
    if (!(error instanceof KlammError)) throw error;
    return sentenceOf(error);
  } finally {
    await admin.close();
  }
}

function notReached(name: string, address: string, bootstrap: string, failure: string): Finding {
  const host = address.slice(0, address.lastIndexOf(':'));
  const loopback = isLoopback(host) ? ' That is this machine itself, not the broker.' : '';
  return {
    level: 'error',
    code: 'advertised-unreachable',
    nodes: [name],
    places: [name],
    what: `The cluster answers at ${bootstrap}, but tells clients that ${name} is at ${address}, which they do not reach from here.${loopback} ${failure}`,
    instead: `advertised.listeners of ${name} with an address that clients reach`,
  };
}
