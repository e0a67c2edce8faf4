// What a broker says of its settings when it starts, once: those that do nothing here, and those that mean something else
// on one node than where there are several.

import { listOf } from '@klamm/base/config';
import { foreignMeaning } from './broker-foreign.ts';
import { controllerListeners } from './listeners.ts';
import type { BrokerSettings } from './settings.ts';

interface StartRemark {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

/** 22 characters of URL-safe base64 are 16 bytes. */
const CLUSTER_ID = /^[A-Za-z0-9_-]{22}$/;

export function startRemarks(settings: BrokerSettings): StartRemark[] {
  return [
    ...settings.remarks.map((text): StartRemark => ({ level: 'warn', text })),
    ...clusterIdRemarks(settings),
    ...quorumRemarks(settings),
    ...controllerRemarks(settings),
    ...inertRemarks(settings),
  ];
}

function clusterIdRemarks(settings: BrokerSettings): StartRemark[] {
  const entry = settings.entry('cluster.id');
  if (entry === undefined || CLUSTER_ID.test(entry.value.trim())) return [];
  const text =
    `cluster.id=${entry.value} (${entry.source}) is taken as it is, as Apache Kafka 4 does; other tools and versions ` +
    'want 22 characters of URL-safe base64. Leave it out for one that is made up.';
  return [{ level: 'warn', text }];
}

function quorumRemarks(settings: BrokerSettings): StartRemark[] {
  const remarks: StartRemark[] = [];
  const voters = settings.entry('controller.quorum.voters');
  const others = listOf(voters?.value ?? '').length;
  if (voters !== undefined && others > 1) {
    const why =
      others === 2
        ? 'Of two voters neither can go on without the other, so that two are less available than one.'
        : 'Replication over several nodes is what Apache Kafka is for; it opens the data directory of Klamm as it is.';
    const text = `controller.quorum.voters (${voters.source}) names ${others} nodes; Klamm is one node, and this one runs by itself. ${why}`;
    remarks.push({ level: 'warn', text });
  }
  const roles = settings.entry('process.roles');
  if (roles !== undefined && !listOf(roles.value).includes('broker')) {
    const text = `process.roles=${roles.value} (${roles.source}) asks for a controller only; Klamm is broker and controller in one.`;
    remarks.push({ level: 'warn', text });
  }
  return remarks;
}

function controllerRemarks(settings: BrokerSettings): StartRemark[] {
  const named = listOf(settings.text('listeners')).map((text) =>
    text.slice(0, text.indexOf(':')).toUpperCase(),
  );
  const left = controllerListeners(settings).filter((name) => named.includes(name));
  if (left.length === 0) return [];
  const text = `Listener ${left.join(', ')} is not opened: it is for controllers to talk to each other, and one node of Klamm has nobody to talk to.`;
  return [{ level: 'info', text }];
}

/** What a combined node needs is met by Klamm, and is no news. */
const MET: ReadonlySet<string> = new Set([
  'controller.listener.names',
  'controller.quorum.voters',
  'inter.broker.listener.name',
  'process.roles',
  'sasl.mechanism.inter.broker.protocol',
]);

function inertRemarks({ inert }: BrokerSettings): StartRemark[] {
  const names = inert
    .filter(({ name }) => !MET.has(name))
    .map(({ name, source }) => {
      const meaning = foreignMeaning(name);
      return `${name} (${source}${meaning === undefined ? '' : `; ${meaning}`})`;
    });
  if (names.length === 0) return [];
  const text = `Known settings of Kafka that have no effect in this version of Klamm: ${names.join(', ')}`;
  return [{ level: 'info', text }];
}
