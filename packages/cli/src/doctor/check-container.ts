// What is around a broker in a container: the image, and whether its data outlives the container.

import { type Deployment, isApacheImage, isBitnami, listValue } from './deployment.ts';
import type { Finding } from './finding.ts';

export function checkImages({ nodes }: Deployment): Finding[] {
  return nodes.flatMap((node): Finding[] => {
    const image = node.container?.image;
    if (image === undefined || !isBitnami(node)) return [];
    const isLegacy = image.value.includes('bitnamilegacy/');
    return [
      {
        level: isLegacy ? 'warning' : 'error',
        code: 'image-moved',
        nodes: [node.name],
        places: [image.place],
        what: isLegacy
          ? `The image ${image.value} is an archive: it gets no updates any more.`
          : `The image ${image.value} is not there any more: Bitnami moved its images to bitnamilegacy, where they get no updates.`,
        instead:
          'apache/kafka, which the Kafka project maintains, with KAFKA_ instead of KAFKA_CFG_ before the variables, and users in ' +
          'sasl.jaas.config of their listener; or `klamm start`, which takes these variables as they are',
      },
    ];
  });
}

/** Variables that only the start script of bitnami/kafka makes settings of. */
const OF_BITNAMI =
  /^(KAFKA_CFG_\w+|KAFKA_CLIENT_(USERS|PASSWORDS)|KAFKA_INTER_BROKER_(USER|PASSWORD)|KAFKA_KRAFT_CLUSTER_ID)$/;

export function checkImageVariables({ nodes }: Deployment): Finding[] {
  return nodes.filter(isApacheImage).flatMap((node): Finding[] => {
    const foreign = [...node.variables].filter(([name]) => OF_BITNAMI.test(name));
    if (foreign.length === 0) return [];
    const names = foreign.map(([name]) => name);
    return [
      {
        level: 'error',
        code: 'image-variables',
        nodes: [node.name],
        places: foreign.map(([, { place }]) => place),
        what: `${names.join(', ')}: variables of the image bitnami/kafka, which mean nothing to ${node.container?.image?.value}.`,
        instead:
          'KAFKA_ instead of KAFKA_CFG_, CLUSTER_ID instead of KAFKA_KRAFT_CLUSTER_ID, users in sasl.jaas.config of their listener',
      },
    ];
  });
}

export function checkVolumes({ nodes }: Deployment): Finding[] {
  return nodes.flatMap((node): Finding[] => {
    const { container } = node;
    if (container === undefined || (!isBitnami(node) && !isApacheImage(node))) return [];
    const lost = listValue(node, 'log.dirs').filter(
      (directory) => !container.mounts.some(({ to }) => isWithin(directory, to)),
    );
    if (lost.length === 0) return [];
    return [
      {
        level: 'warning',
        code: 'data-without-volume',
        nodes: [node.name],
        places: [node.place],
        what: `The data directory ${lost.join(', ')} is on no volume that has a name: \`docker compose down\` takes the records with it.`,
        instead: `volumes: "kafka-data:${lost[0]}"`,
      },
    ];
  });
}

function isWithin(path: string, folder: string): boolean {
  const base = folder.replace(/\/+$/, '');
  return path === base || path.startsWith(`${base}/`);
}
