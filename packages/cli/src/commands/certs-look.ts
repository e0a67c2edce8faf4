// `klamm certs show|check`: what certificates say, in files and on listeners, and what is wrong with them.

import { X509Certificate } from 'node:crypto';
import type { TlsView } from '@klamm/client/network/tls-probe';
import { CERTIFICATE_COLUMNS, certificateRow, faultsOf, refusalText, warningsOf } from '../certs/reports.ts';
import { readFileStore } from '../certs/store-files.ts';
import type { CommandRun } from '../command.ts';
import type { Row } from '../output/rows.ts';
import { givenSecret, secretSources } from '../secret.ts';
import { failOrThrow, namesOf } from '../several.ts';
import { usageError } from '../usage-error.ts';

const CONNECTION_MS = 10_000;

export const showCertificates: CommandRun = async (context, [files], flags) => {
  const password = givenSecret(secretSources(flags));
  const now = context.clock.now();
  const rows: Row[] = [];
  for (const file of namesOf(files)) {
    const { type, keys, certificates, isTrustedByJava } = readFileStore(file, password);
    for (const { alias, chain } of keys) {
      for (const [i, pem] of chain.entries()) {
        rows.push(
          certificateRow(file, i === 0 ? `key ${alias}` : `chain ${alias}`, new X509Certificate(pem), now),
        );
      }
      if (chain.length === 0) context.say(`${file}: the key ${alias} has no certificate in this file.`);
    }
    for (const { alias, certificate } of certificates) {
      rows.push(
        certificateRow(
          file,
          `${type === 'PEM' ? 'certificate' : 'trusted'} ${alias}`,
          new X509Certificate(certificate),
          now,
        ),
      );
    }
    if (certificates.length > 0 && !isTrustedByJava) {
      context.fail(
        `${file}: Java trusts none of its certificates, because they lack the attribute that says so (2.16.840.1.113894.746875.1.1). Make one with klamm certs truststore.`,
      );
    }
  }
  await context.rows(CERTIFICATE_COLUMNS, rows, 'There is no certificate.');
};

export const checkListener: CommandRun = async (context, [address], flags) => {
  const { probeTls } = await import('@klamm/client/network/tls-probe');
  const { parseAddresses } = await import('@klamm/client/network/address');
  const [broker] = parseAddresses(String(address));
  if (broker === undefined) throw usageError('An address is needed, as in kafka.example:9093.');
  const password = givenSecret(secretSources(flags));
  const ca = flags.list('ca').flatMap((file) => {
    const { certificates, keys } = readFileStore(file, password);
    return [...certificates.map(({ certificate }) => certificate), ...keys.flatMap(({ chain }) => chain)];
  });
  let view: TlsView;
  try {
    view = await probeTls(broker, ca.length > 0 ? ca : undefined, {
      clock: context.clock,
      connectionTimeoutMs: CONNECTION_MS,
    });
  } catch (error) {
    return failOrThrow(context, error);
  }
  const now = context.clock.now();
  const rows = view.chain.map((certificate, i) =>
    certificateRow(String(address), i === 0 ? 'broker' : 'chain', certificate, now),
  );
  await context.rows(CERTIFICATE_COLUMNS, rows, 'The broker shows no certificate.');
  const [own] = view.chain;
  const untrusted = view.refusal === undefined ? undefined : refusalText(view.refusal);
  const faults = [
    ...(own === undefined ? [] : faultsOf(own, broker.host, now)),
    ...(untrusted === undefined ? [] : [untrusted]),
  ];
  for (const fault of faults) context.fail(fault);
  if (own !== undefined) for (const warning of warningsOf(own, now)) context.say(warning);
  if (faults.length === 0) context.say(`In order: ${view.protocol}, ${view.cipher}.`);
};
