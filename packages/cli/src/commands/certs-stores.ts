// `klamm certs keystore|truststore`: the same keys and certificates in another format.

import {
  checkFree,
  readFileStore,
  STORE_FORMATS,
  type StoreFormat,
  storeBytes,
  writePrivate,
  writePublic,
} from '../certs/store-files.ts';
import type { CommandRun, Flags } from '../command.ts';
import { givenSecret, needSecret, secretSources } from '../secret.ts';
import { namesOf } from '../several.ts';
import { usageError } from '../usage-error.ts';

export const writeKeystore: CommandRun = async (context, [to, from], flags) => {
  const target = targetOf(to, flags);
  const stores = namesOf(from).map((path) => readFileStore(path, sourcePassword(flags)));
  // The parts of one PEM key may be in several files: they are read together.
  const keys = stores.flatMap((store) => store.keys);
  const certificates = stores.flatMap((store) => store.certificates.map(({ certificate }) => certificate));
  const [key] = keys;
  if (key === undefined || keys.length > 1)
    throw usageError(`These files hold ${keys.length} private keys; one is needed.`);
  const chain = key.chain.length > 0 ? key.chain : certificates;
  if (chain.length === 0) throw usageError('These files hold no certificate of the key.');
  const alias = flags.text('alias') ?? (/^\d+$/.test(key.alias) ? 'key' : key.alias);
  const password = await newPassword(target.path, flags);
  const store = { keys: [{ alias, key: key.key, chain }], certificates: [] };
  writePrivate(target.path, storeBytes(target.format, store, password, context.clock.now()));
  context.say(`Written: ${target.path}`);
};

export const writeTruststore: CommandRun = async (context, [to, from], flags) => {
  const target = targetOf(to, flags);
  const all = namesOf(from).flatMap((path) => {
    const { keys, certificates } = readFileStore(path, sourcePassword(flags));
    return [
      ...certificates.map(({ certificate }) => certificate),
      ...keys.flatMap(({ chain }) => chain.slice(-1)),
    ];
  });
  if (all.length === 0) throw usageError('These files hold no certificate.');
  const certificates = all.map((certificate, i) => ({
    alias: all.length === 1 ? 'ca' : `ca-${i + 1}`,
    certificate,
  }));
  const password = await newPassword(target.path, flags);
  writePublic(
    target.path,
    storeBytes(target.format, { keys: [], certificates }, password, context.clock.now()),
  );
  context.say(
    `Written: ${target.path}, which trusts ${all.length} certificate${all.length === 1 ? '' : 's'}.`,
  );
};

function targetOf(to: unknown, flags: Flags): { path: string; format: StoreFormat } {
  const path = String(to);
  const format = STORE_FORMATS.find((each) => path.endsWith(`.${each}`));
  if (format === undefined)
    throw usageError(`${path}: its name has to end in .p12 or .jks, which says the format.`);
  checkFree([path], flags.on('force'));
  return { path, format };
}

const sourcePassword = (flags: Flags): string | undefined =>
  givenSecret(secretSources(flags, 'sourcePassword'), 'source-password');

function newPassword(path: string, flags: Flags): Promise<string> {
  return needSecret(secretSources(flags), `Password of ${path}`, { isNew: true });
}
