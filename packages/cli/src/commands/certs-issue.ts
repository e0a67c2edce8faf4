// `klamm certs ca|broker|client|renew`: issues certificates into a directory, with the stores that Java wants.

import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { certificateFacts } from '@klamm/certs/inspect/certificate-facts';
import { type Issued, issueAuthority, issueBroker, issueClient } from '@klamm/certs/issue/certificate';
import type { KeyKind } from '@klamm/certs/issue/keys';
import { sortedAddresses } from '../certs/addresses.ts';
import {
  checkFree,
  makeDirectory,
  readAuthority,
  readBytes,
  STORE_FORMATS,
  type StoreFormat,
  storeBytes,
  writePrivate,
  writePublic,
} from '../certs/store-files.ts';
import type { CommandRun, Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { needSecret, secretSources } from '../secret.ts';
import { usageError } from '../usage-error.ts';

const DIRECTORY = 'certs';
const LOCAL_ADDRESSES = ['localhost', '127.0.0.1', '::1'];

export const issueCa: CommandRun = async (context, _parameters, flags) => {
  const directory = directoryOf(flags);
  const [certificate, key] = [join(directory, 'ca.crt'), join(directory, 'ca.key')];
  checkFree([certificate, key], flags.on('force'));
  const issued = await issueAuthority({
    name: flags.text('name') ?? 'CN=Klamm CA',
    days: daysOf(flags),
    keyKind: keyKindOf(flags),
    now: context.clock.now(),
  });
  makeDirectory(directory);
  writePrivate(key, issued.key);
  writePublic(certificate, issued.certificate);
  context.say(
    `${certificate} is for everybody who is to trust your brokers. ${key} vouches for them: keep it to yourself.\n` +
      `Next: klamm certs broker --address HOST${flags.text('dir') === undefined ? '' : ` --dir ${directory}`}`,
  );
};

export const issueBrokerFiles: CommandRun = async (context, [name = 'broker'], flags) => {
  const given = flags.list('address').flatMap((list) => list.split(','));
  const addresses = given.length > 0 ? given : LOCAL_ADDRESSES;
  const { dns, ips } = sortedAddresses(addresses, '--address');
  const plan = planOf(flags, String(name));
  const password = await passwordFor(plan.formats, flags, `Password of the stores of ${name}`);
  const authority = readAuthority(plan.directory);
  const issued = await issueBroker({
    name: flags.text('name') ?? `CN=${name}`,
    days: daysOf(flags),
    keyKind: keyKindOf(flags),
    now: context.clock.now(),
    authority,
    dns,
    ips,
  });
  writeLeaf(context, plan, issued, authority, password);
  if (given.length === 0)
    context.say('It is for this machine only; give --address for each name and address of the broker.');
  sayBrokerSettings(context, plan);
};

export const issueClientFiles: CommandRun = async (context, [name], flags) => {
  const plan = planOf(flags, String(name));
  const password = await passwordFor(plan.formats, flags, `Password of the stores of ${name}`);
  const authority = readAuthority(plan.directory);
  const issued = await issueClient({
    name: flags.text('name') ?? `CN=${name}`,
    days: daysOf(flags),
    keyKind: keyKindOf(flags),
    now: context.clock.now(),
    authority,
  });
  writeLeaf(context, plan, issued, authority, password);
  const { subject } = certificateFacts(new X509Certificate(issued.certificate));
  context.say(
    `To a listener with ssl.client.auth=required it is the user "${subject}" (see ssl.principal.mapping.rules).`,
  );
};

/** The same names and addresses for another while; with the same key, unless a new one is asked for. */
export const renewCertificates: CommandRun = async (context, [files], flags) => {
  const now = context.clock.now();
  for (const path of typeof files === 'string' ? [files] : (files ?? [])) {
    const directory = dirname(path);
    const plan: Plan = { directory, stem: basename(path).replace(/\.crt$/, ''), formats: [] };
    if (plan.stem === 'ca')
      throw usageError('An authority is not renewed: make a new one, and have both trusted for a while.');
    const formats = STORE_FORMATS.filter((format) => existsSync(fileOf(plan, format)));
    const password = await passwordFor(formats, flags, `Password of the stores of ${plan.stem}`);
    const old = new X509Certificate(readBytes(path));
    const { subject, dns, ips } = certificateFacts(old);
    const authority = readAuthority(flags.text('dir') ?? directory);
    const options = {
      name: subject,
      days: daysOf(flags),
      keyKind: keyKindOf(flags),
      now,
      authority,
      key: flags.on('newKey') ? undefined : readBytes(fileOf(plan, 'key')).toString('utf8'),
    };
    const isBroker = dns.length + ips.length > 0;
    const issued = isBroker ? await issueBroker({ ...options, dns, ips }) : await issueClient(options);
    writeLeaf(context, { ...plan, formats }, issued, authority, password, true);
  }
  context.say('A Klamm broker takes up the new files by itself.');
};

/** What is written: files in a directory that begin with `stem`. */
interface Plan {
  readonly directory: string;
  readonly stem: string;
  readonly formats: readonly StoreFormat[];
}

function planOf(flags: Flags, stem: string): Plan {
  if (!/^[\w.-]+$/.test(stem) || stem === 'ca') {
    throw usageError(
      `"${stem}" cannot be the name of files here: letters, digits, dots and dashes, and not "ca".`,
    );
  }
  const formats = flags.list('format') as StoreFormat[];
  const plan = {
    directory: directoryOf(flags),
    stem,
    formats: formats.length > 0 ? formats : ['p12' as const],
  };
  checkFree(
    ['crt', 'key', ...plan.formats].map((end) => fileOf(plan, end)),
    flags.on('force'),
  );
  return plan;
}

const fileOf = ({ directory, stem }: Plan, end: string): string => join(directory, `${stem}.${end}`);

function writeLeaf(
  context: CommandContext,
  plan: Plan,
  issued: Issued,
  authority: Issued,
  password: string,
  isRenewed = false,
): void {
  const now = context.clock.now();
  const { stem, formats, directory } = plan;
  const chain = [issued.certificate, authority.certificate];
  const keystore = { keys: [{ alias: stem, key: issued.key, chain }], certificates: [] };
  const truststore = { keys: [], certificates: [{ alias: 'ca', certificate: authority.certificate }] };
  writePrivate(fileOf(plan, 'key'), issued.key);
  // Those who vouch for it go with it: servers show the whole file.
  writePublic(fileOf(plan, 'crt'), chain.join(''));
  const written = [fileOf(plan, 'crt'), fileOf(plan, 'key')];
  for (const format of formats) {
    writePrivate(fileOf(plan, format), storeBytes(format, keystore, password, now));
    written.push(fileOf(plan, format));
    const trust = join(directory, `truststore.${format}`);
    if (isRenewed || existsSync(trust)) continue;
    writePublic(trust, storeBytes(format, truststore, password, now));
    written.push(trust);
  }
  context.say(`Written: ${written.join(', ')}`);
}

function sayBrokerSettings(context: CommandContext, plan: Plan): void {
  const [format] = plan.formats;
  const file = format === undefined ? undefined : fileOf(plan, format);
  if (file === undefined) return;
  const type = format === 'jks' ? 'JKS' : 'PKCS12';
  context.say(
    `\nFor the broker (server.properties):\n  ssl.keystore.type=${type}\n  ssl.keystore.location=${file}\n  ssl.keystore.password=…\n` +
      `For clients: ${join(plan.directory, 'ca.crt')}, or in Java ${join(plan.directory, `truststore.${format}`)}.`,
  );
}

async function passwordFor(formats: readonly StoreFormat[], flags: Flags, what: string): Promise<string> {
  if (formats.length === 0) return '';
  const password = await needSecret(secretSources(flags), what, { isNew: true });
  // As keytool: Java opens none with less.
  if (password.length < 6) throw usageError(`${what}: six characters are the least that Java takes.`);
  return password;
}

function directoryOf(flags: Flags): string {
  return flags.text('dir') ?? DIRECTORY;
}

function daysOf(flags: Flags): number | undefined {
  const text = flags.text('days');
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw usageError(`--days ${text}: a whole number from 1 to 99999 is needed.`);
  return Number(text);
}

function keyKindOf(flags: Flags): KeyKind | undefined {
  return flags.text('key') as KeyKind | undefined;
}
