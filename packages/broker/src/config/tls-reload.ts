// Certificates of a listener that change while the broker runs: because a file was renewed, or a setting was altered.
// Who connects later is shown the new one. What cannot be read, or is of somebody else, is told and not taken: the
// listener goes on with what it has. Kafka's SslFactory (CertificateEntries.ensureCompatible) fixes what "somebody else" is.

import { X509Certificate } from 'node:crypto';
import type { Clock, Timer } from '@klamm/base/clock';
import { messageOf } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import { certificateFacts } from '@klamm/certs/inspect/certificate-facts';
import type { Catalog } from '../metadata/catalog.ts';
import type { BrokerSettings } from './settings.ts';
import { fileStamp } from './sources.ts';
import { type ListenerTls, listenerTls } from './tls.ts';

/** How often the files are looked at, in ms. */
const LOOK_MS = 5000;

export interface TlsReloadOptions {
  readonly listener: string;
  readonly tls: ListenerTls;
  readonly catalog: Pick<Catalog, 'settings' | 'checkBrokerConfigs' | 'watchBrokerConfigs'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes up other certificates. */
  readonly change: (tls: ListenerTls) => void;
}

/** Begins to watch; the timer ends it. */
export function watchCertificates({
  listener,
  tls,
  catalog,
  clock,
  logger,
  change,
}: TlsReloadOptions): Timer {
  const { settings } = catalog;
  let current = tls;
  let stamps = stampsOf(current);
  const reload = (): void => {
    try {
      const next = replacement(listener, current, settings);
      change(next);
      current = next;
      logger.info(`Listener ${listener} goes on with the certificate that holds until ${endOf(next)}.`);
    } catch (error) {
      logger.warn(`Listener ${listener} keeps its certificate: ${messageOf(error)}`);
    }
    stamps = stampsOf(current);
  };
  catalog.checkBrokerConfigs(async (proposed, names) => {
    if (!concern(names, listener)) return null;
    try {
      replacement(listener, current, proposed);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  });
  catalog.watchBrokerConfigs((names) => {
    if (concern(names, listener)) reload();
  });
  return clock.every(LOOK_MS, () => {
    const now = stampsOf(current);
    if (now === stamps) return;
    stamps = now;
    reload();
  });
}

/** What the settings give now. Throws KlammError where it cannot take the place of `current`. */
function replacement(listener: string, current: ListenerTls, settings: BrokerSettings): ListenerTls {
  const next = listenerTls(settings, listener);
  const [before, after] = [current, next].map(({ material }) =>
    certificateFacts(new X509Certificate(material.cert ?? '')),
  );
  const isSet = (name: 'ssl.allow.dn.changes' | 'ssl.allow.san.changes'): boolean =>
    settings.forListener(listener, name)?.toLowerCase() === 'true';
  if (before?.subject !== after?.subject && !isSet('ssl.allow.dn.changes')) {
    throw new Error(
      `the new one is of "${after?.subject}", not of "${before?.subject}" (ssl.allow.dn.changes).`,
    );
  }
  const names = new Set([...(after?.dns ?? []), ...(after?.ips ?? [])]);
  const missing = [...(before?.dns ?? []), ...(before?.ips ?? [])].filter((name) => !names.has(name));
  if (missing.length > 0 && !isSet('ssl.allow.san.changes')) {
    throw new Error(`the new one is not for ${missing.join(', ')} any more (ssl.allow.san.changes).`);
  }
  return next;
}

function stampsOf({ files }: ListenerTls): string {
  return files.map(fileStamp).join();
}

function endOf({ material }: ListenerTls): string {
  return new X509Certificate(material.cert ?? '').validTo;
}

/** Whether settings of TLS are among those altered that hold for a listener. */
function concern(names: ReadonlySet<string>, listener: string): boolean {
  const prefix = `listener.name.${listener.toLowerCase()}.ssl.`;
  return [...names].some((name) => name.startsWith('ssl.') || name.startsWith(prefix));
}
