// Properties files and this process's variables as nodes.

import { environmentSettings } from '@klamm/broker/config/environment';
import { settingsOfText } from '@klamm/broker/config/sources';
import { type DeployedNode, ENVIRONMENT } from './deployment.ts';

export function nodeOfProperties(path: string, text: string): DeployedNode {
  // java.util.Properties keeps the last of several values; here the first counts.
  const entries = settingsOfText(text, path).reverse();
  return { name: path, place: path, entries, variables: new Map(), container: undefined };
}

/** Undefined where there is nothing of Kafka's. */
export function nodeOfEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): DeployedNode | undefined {
  const entries = environmentSettings(environment);
  if (entries.length === 0) return undefined;
  const variables = new Map(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith('KAFKA_') && value !== undefined ? [[name, { value, place: name }] as const] : [],
    ),
  );
  return { name: ENVIRONMENT, place: ENVIRONMENT, entries, variables, container: undefined };
}
