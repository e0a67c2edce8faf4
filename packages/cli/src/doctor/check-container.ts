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
          'apache/kafka, which the Kafka project maintains, with KAFKA_ instead of KAFKA_CFG_ before the variables; or `klamm start`, which takes these variables as they are',
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
