// What a listener needs to speak TLS, from its settings: the broker's key and certificate, whom it trusts, what it
// offers. Stores are files of any of the three formats, or PEM in the settings themselves (KIP-651).

import { listOf } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import type { StoreSource } from '@klamm/certs/stores/read-store';
import { type TlsMaterial, tlsMaterial } from '@klamm/certs/stores/tls-material';
import { type PrincipalMapping, principalMapping } from '../auth/principal-mapping.ts';
import { openSslCiphers } from '../listeners/cipher-suites.ts';
import type { ListenerConfigName } from './listener-scope.ts';
import type { BrokerSettings } from './settings.ts';
import { readSettingsFile } from './sources.ts';

type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

export interface ListenerTls {
  readonly material: TlsMaterial;
  readonly clientAuth: 'none' | 'requested' | 'required';
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** As OpenSSL writes them; undefined for Node's choice. */
  readonly ciphers: string | undefined;
  readonly mapping: PrincipalMapping;
  /** The files it comes from. */
  readonly files: readonly string[];
}

/** Throws KlammError INVALID_CONFIG, or of @klamm/certs (STORE_…), which name the setting or the file. */
export function listenerTls(settings: BrokerSettings, listener: string): ListenerTls {
  const value = (name: ListenerConfigName): string | undefined => settings.forListener(listener, name);
  const keystore = storeOf(value, 'keystore');
  const truststore = storeOf(value, 'truststore');
  const clientAuth = value('ssl.client.auth') as ListenerTls['clientAuth'];
  if (keystore === undefined) {
    throw invalid(
      `Listener ${listener} speaks TLS, but has no certificate: set ssl.keystore.location to a file with its key and certificate (\`klamm certs broker\` makes one).`,
    );
  }
  if (clientAuth !== 'none' && truststore === undefined) {
    throw invalid(
      `Listener ${listener} asks clients for certificates (ssl.client.auth=${clientAuth}), but trusts nobody: set ssl.truststore.location.`,
    );
  }
  const versions = listOf(value('ssl.enabled.protocols') ?? '') as TlsVersion[];
  const most = value('ssl.protocol');
  const enabled = versions.filter((version) => most !== 'TLSv1.2' || version === 'TLSv1.2').sort();
  const [minVersion] = enabled;
  const maxVersion = enabled.at(-1);
  if (minVersion === undefined || maxVersion === undefined) {
    throw invalid(`Listener ${listener}: ssl.enabled.protocols and ssl.protocol leave no version of TLS.`);
  }
  return {
    material: tlsMaterial({ keystore, truststore }),
    clientAuth,
    minVersion,
    maxVersion,
    ciphers: openSslCiphers(listOf(value('ssl.cipher.suites') ?? '')),
    mapping: principalMapping(value('ssl.principal.mapping.rules') ?? 'DEFAULT'),
    files: [value('ssl.keystore.location'), value('ssl.truststore.location')].filter(
      (path) => path !== undefined,
    ),
  };
}

function storeOf(
  value: (name: ListenerConfigName) => string | undefined,
  kind: 'keystore' | 'truststore',
): StoreSource | undefined {
  const path = value(`ssl.${kind}.location`);
  const password = value(`ssl.${kind}.password`);
  const keyPassword = kind === 'keystore' ? value('ssl.key.password') : undefined;
  if (path !== undefined && path !== '') {
    const name = `ssl.${kind}.location=${path}`;
    return { bytes: readSettingsFile(path, name), name, password, keyPassword };
  }
  const inline =
    kind === 'truststore'
      ? value('ssl.truststore.certificates')
      : [value('ssl.keystore.key'), value('ssl.keystore.certificate.chain')].filter(Boolean).join('\n');
  if (inline === undefined || inline === '') return undefined;
  const name = kind === 'truststore' ? 'ssl.truststore.certificates' : 'ssl.keystore.key';
  return { bytes: Buffer.from(inline), name, keyPassword };
}

function invalid(message: string): KlammError {
  return new KlammError(message, { code: 'INVALID_CONFIG', errorCode: 40, retriable: false });
}
