// Writes what a cluster needs into a directory: settings of each node, certificates, a user with a password of its own.

import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Clock } from '@klamm/base/clock';
import { issueAuthority, issueBroker } from '@klamm/certs/issue/certificate';
import { writePkcs12 } from '@klamm/certs/stores/pkcs12-write';
import { sortedAddresses } from '../certs/addresses.ts';
import { makeDirectory, writePrivate, writePublic } from '../certs/store-files.ts';
import { usageError } from '../usage-error.ts';
import { type ClusterPlan, externalBootstrap, type NodePlan, planPath, writtenPlan } from './cluster-plan.ts';
import { COMPOSE_FILE, composeText, SECRETS_FILE, secretsText } from './compose-file.ts';
import { clientSettings, type NodeFiles, nodeSettings, propertiesText } from './node-settings.ts';

const SECRET_BYTES = 18;

/** Throws a usage error where something is in the directory already. */
export async function initCluster(directory: string, plan: ClusterPlan, clock: Clock): Promise<void> {
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw usageError(`${directory} is not empty; a cluster gets a directory of its own.`);
  }
  const addresses = sortedAddresses([...new Set(['localhost', '127.0.0.1', plan.host])], '--host');
  const root = resolve(directory);
  const certs = join(root, 'certs');
  for (const path of [root, certs]) makeDirectory(path);
  const [storePassword, userPassword] = [newSecret(), newSecret()];
  const now = clock.now();
  const authority = await issueAuthority({ name: 'CN=Klamm cluster CA', now });
  writePrivate(join(certs, 'ca.key'), authority.key);
  writePublic(join(certs, 'ca.crt'), authority.certificate);
  const trusted = { keys: [], certificates: [{ alias: 'ca', certificate: authority.certificate }] };
  writePublic(join(certs, 'truststore.p12'), writePkcs12(trusted, storePassword));
  const secrets = { storePassword, userPassword };
  for (const node of plan.nodes) {
    const issued = await issueBroker({ name: `CN=node-${node.id}`, ...addresses, authority, now });
    const key = { alias: 'broker', key: issued.key, chain: [issued.certificate, authority.certificate] };
    const keystore = join(certs, `node-${node.id}.p12`);
    const bytes = writePkcs12({ keys: [key], certificates: [] }, storePassword);
    // In a container it is another user who reads it; the key in it is encrypted.
    if (plan.isCompose) writePublic(keystore, bytes);
    else writePrivate(keystore, bytes);
    if (!plan.isCompose)
      writeNode(root, plan, node, { keystore, truststore: join(certs, 'truststore.p12'), ...secrets });
  }
  if (plan.isCompose) {
    writePublic(join(root, COMPOSE_FILE), composeText(plan, secrets));
    writePrivate(join(root, SECRETS_FILE), secretsText(plan, secrets));
  }
  const client = clientSettings(plan, externalBootstrap(plan), join(certs, 'ca.crt'), userPassword);
  writePrivate(clientPath(root), propertiesText(client, `The user ${plan.user}, over TLS`));
  // Last: what has no plan is no cluster.
  writePublic(planPath(root), writtenPlan(plan));
}

function writeNode(
  root: string,
  plan: ClusterPlan,
  node: NodePlan,
  files: Omit<NodeFiles, 'dataDirectory'>,
): void {
  makeDirectory(join(root, nodeName(node)));
  const settings = nodeSettings(plan, node, { dataDirectory: dataDirectory(root, node), ...files });
  const about = `Node ${node.id} of ${plan.nodes.length}, by klamm cluster init`;
  writePrivate(settingsPath(root, node), propertiesText(settings, about));
}

export const nodeName = ({ id }: NodePlan): string => `node-${id}`;
export const settingsPath = (directory: string, node: NodePlan): string =>
  join(resolve(directory), nodeName(node), 'server.properties');
export const dataDirectory = (directory: string, node: NodePlan): string =>
  join(resolve(directory), nodeName(node), 'data');
export const clientPath = (directory: string): string => join(resolve(directory), 'client.properties');

const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');
