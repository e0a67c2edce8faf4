// Certificates that change under a listener's feet: seen by whoever connects next, or refused and told.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { issueAuthority, issueBroker } from '@klamm/certs/issue/certificate';
import { BrokerSettings } from './settings.ts';
import { type ListenerTls, listenerTls } from './tls.ts';
import { watchCertificates } from './tls-reload.ts';

const NOW = Date.UTC(2026, 0, 1);
const directory = mkdtempSync(join(tmpdir(), 'klamm-reload-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const file = join(directory, 'broker.pem');
const authority = await issueAuthority({ name: 'CN=ca', days: 900, keyKind: 'ec-p256', now: NOW });

async function write(name: string, dns: readonly string[], days = 30): Promise<string> {
  const issued = await issueBroker({ name, days, keyKind: 'ec-p256', now: NOW, authority, dns, ips: [] });
  writeFileSync(file, issued.key + issued.certificate);
  return issued.certificate;
}

/** A listener whose certificate stands in `file`, and what became of it. */
async function watched(extra: Readonly<Record<string, string>> = {}) {
  await write('CN=broker', ['a.example', 'b.example']);
  const entries = Object.entries({ 'ssl.keystore.location': file, ...extra });
  const settings = BrokerSettings.from(entries.map(([name, value]) => ({ name, value, source: 'test' })));
  const tls = listenerTls(settings, 'EXTERNAL');
  const lines: string[] = [];
  const changes: ListenerTls[] = [];
  const checks: ((proposed: BrokerSettings, names: ReadonlySet<string>) => Promise<string | null>)[] = [];
  const watchers: ((names: ReadonlySet<string>) => void)[] = [];
  let look = (): void => {};
  const note = (line: string): void => void lines.push(line);
  watchCertificates({
    listener: 'EXTERNAL',
    tls,
    catalog: {
      settings,
      checkBrokerConfigs: (check) => void checks.push(check),
      watchBrokerConfigs: (watcher) => void watchers.push(watcher),
    },
    clock: {
      ...systemClock,
      every: (_ms, callback) => {
        look = callback;
        return { cancel: () => {} };
      },
    },
    logger: { debug: note, info: note, warn: note, error: note },
    change: (next) => void changes.push(next),
  });
  return { settings, lines, changes, checks, watchers, look: () => look() };
}

const sameAs = (tls: ListenerTls | undefined, pem: string): boolean =>
  new X509Certificate(tls?.material.cert ?? '').fingerprint256 === new X509Certificate(pem).fingerprint256;

test('a file that was renewed is taken up once', async () => {
  const { changes, look, lines } = await watched();
  look();
  assert.equal(changes.length, 0, 'nothing has changed yet');
  const renewed = await write('CN=broker', ['a.example', 'b.example', 'c.example'], 90);
  look();
  look();
  assert.equal(changes.length, 1);
  assert.ok(sameAs(changes[0], renewed));
  assert.match(lines.join(), /EXTERNAL goes on with the certificate that holds until/);
});

test('what cannot be read, or is of somebody else, is told once and not taken; what comes after it is', async () => {
  const { changes, look, lines } = await watched();
  for (const [wrong, message] of [
    [() => writeFileSync(file, 'half a cert'), /keeps its certificate: .*neither PEM/],
    [
      () => write('CN=other', ['a.example', 'b.example']),
      /of "CN=other", not of "CN=broker" \(ssl\.allow\.dn\.changes\)/,
    ],
    [() => write('CN=broker', ['a.example']), /not for b\.example any more \(ssl\.allow\.san\.changes\)/],
    [() => rmSync(file), /cannot be read/],
  ] as const) {
    lines.length = 0;
    await wrong();
    look();
    look();
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', message);
  }
  assert.equal(changes.length, 0);
  await write('CN=broker', ['a.example', 'b.example']);
  look();
  assert.equal(changes.length, 1);
});

test('another name or other addresses are taken where the settings allow it', async () => {
  const { changes, look } = await watched({
    'ssl.allow.dn.changes': 'true',
    'listener.name.external.ssl.allow.san.changes': 'true',
  });
  await write('CN=other', ['c.example']);
  look();
  assert.equal(changes.length, 1);
});

test('a setting that names a file which cannot be used is refused before it is stored; others are none of its concern', async () => {
  const { settings, checks } = await watched();
  const key = 'listener.name.external.ssl.keystore.location';
  const proposed = settings.with((name) => (name === key ? join(directory, 'none.p12') : undefined));
  assert.match((await checks[0]?.(proposed, new Set([key]))) ?? '', /none\.p12 cannot be read/);
  assert.equal(await checks[0]?.(settings, new Set([key])), null);
  assert.equal(await checks[0]?.(proposed, new Set(['listener.name.internal.ssl.keystore.location'])), null);
});
