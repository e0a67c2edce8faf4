// `klamm certs`: its commands as rows of the command table.

import { KEY_KINDS } from '@klamm/certs/issue/keys';
import type { CommandSpec, FlagSpec } from '../command.ts';
import { secretFlags } from '../secret.ts';

const DIR: FlagSpec = { flags: '--dir <directory>', about: 'where the files are (default: certs)' };
const NAME: FlagSpec = { flags: '--name <dn>', about: 'distinguished name, as in CN=alice,O=Example' };
const DAYS: FlagSpec = { flags: '--days <count>', about: 'how long it holds (default: 825)' };
const KEY: FlagSpec = {
  flags: '--key <kind>',
  about: 'kind of key: ec-p256 (default), ec-p384, rsa-2048 …',
  choices: KEY_KINDS,
};
const FORCE: FlagSpec = { flags: '--force', about: 'write over files that are there' };
const FORMAT: FlagSpec = {
  flags: '--format <format>',
  about: 'stores beside the PEM files: p12 (default), jks',
  repeats: true,
  choices: ['p12', 'jks'],
};
const STORE_PASSWORD = secretFlags('password', 'the password of the stores');
const PASSWORDS = 'Without --password-file and --password-env, the password is asked for, and not shown.';

export const certsCommands: CommandSpec = {
  name: 'certs',
  aliases: ['cert'],
  about: 'make certificates and key stores, look at them, and check those of a listener',
  isLocal: true,
  examples: [
    ['klamm certs ca', 'an authority of your own, in ./certs'],
    [
      'klamm certs broker --address kafka.example --address 10.0.0.5',
      'a certificate for a broker, with its stores',
    ],
    ['klamm certs check kafka.example:9093 --ca certs/ca.crt', 'what a client would say to it'],
  ],
  commands: [
    {
      name: 'ca',
      about: 'make an authority that vouches for your brokers and clients',
      isLocal: true,
      flags: [DIR, NAME, { ...DAYS, about: 'how long it holds (default: 3650)' }, KEY, FORCE],
      examples: [['klamm certs ca --name "CN=Example Kafka CA,O=Example"', 'ca.crt and ca.key in ./certs']],
      notes:
        'ca.key is readable for you alone, and not encrypted: whoever has it can pass for any of your brokers.',
      load: async () => (await import('./certs-issue.ts')).issueCa,
    },
    {
      name: 'broker',
      about: 'make the certificate of a broker, with its stores',
      isLocal: true,
      parameters: [{ name: '[name]', about: 'what its files are called (default: broker)' }],
      flags: [
        { flags: '-a, --address <host>', about: 'a name or address that clients connect to', repeats: true },
        DIR,
        NAME,
        DAYS,
        KEY,
        FORMAT,
        ...STORE_PASSWORD,
        FORCE,
      ],
      examples: [
        ['klamm certs broker', 'for this machine: localhost, 127.0.0.1, ::1'],
        [
          'klamm certs broker broker-1 -a kafka.example -a 192.168.31.108 --format p12 --format jks',
          'for Java too',
        ],
      ],
      notes: `Every address that the broker is advertised by has to be among its --address.\n${PASSWORDS}`,
      load: async () => (await import('./certs-issue.ts')).issueBrokerFiles,
    },
    {
      name: 'client',
      about: 'make the certificate of a client, who logs in by it',
      isLocal: true,
      parameters: [{ name: '<name>', about: 'what its files are called' }],
      flags: [DIR, NAME, DAYS, KEY, FORMAT, ...STORE_PASSWORD, FORCE],
      examples: [
        [
          'klamm certs client alice --name CN=alice,OU=billing',
          'for listeners with ssl.client.auth=required',
        ],
      ],
      notes: PASSWORDS,
      load: async () => (await import('./certs-issue.ts')).issueClientFiles,
    },
    {
      name: 'renew',
      about: 'make certificates again, with the same names, addresses and keys',
      isLocal: true,
      parameters: [{ name: '<files...>', about: 'certificates of brokers or clients' }],
      flags: [
        { ...DIR, about: 'where the authority is (default: beside the certificate)' },
        DAYS,
        { flags: '--new-key', about: 'with a new key' },
        KEY,
        ...STORE_PASSWORD,
      ],
      examples: [['klamm certs renew certs/broker.crt', 'and the stores that are beside it']],
      notes: PASSWORDS,
      load: async () => (await import('./certs-issue.ts')).renewCertificates,
    },
    {
      name: 'show',
      about: 'show the certificates in files: PEM, PKCS12 or JKS',
      isLocal: true,
      printsRows: true,
      parameters: [{ name: '<files...>', about: 'the files' }],
      flags: [...secretFlags('password', 'the password of the stores')],
      examples: [
        ['klamm certs show certs/*.crt', 'who they are for, and until when'],
        [
          'klamm certs show broker.p12 --password-env STORE_PASSWORD -o wide',
          'with issuers and fingerprints',
        ],
      ],
      load: async () => (await import('./certs-look.ts')).showCertificates,
    },
    {
      name: 'check',
      about: 'connect to a listener with TLS, and say what is wrong with its certificate',
      isLocal: true,
      printsRows: true,
      parameters: [{ name: '<address>', about: 'host:port, as clients connect to it' }],
      flags: [
        {
          flags: '--ca <file>',
          about: 'whom to trust: PEM, PKCS12 or JKS (default: whom Node trusts)',
          repeats: true,
        },
        ...secretFlags('password', 'the password of those stores'),
      ],
      examples: [
        ['klamm certs check kafka.example:9093 --ca certs/ca.crt', 'exit code 1 where something is wrong'],
      ],
      load: async () => (await import('./certs-look.ts')).checkListener,
    },
    {
      name: 'keystore',
      about: 'put a private key and its certificates into a PKCS12 or JKS store',
      isLocal: true,
      parameters: [
        { name: '<to>', about: 'the store; .p12 or .jks at its end says the format' },
        { name: '<from...>', about: 'files with the key and the certificates' },
      ],
      flags: [
        { flags: '--alias <name>', about: 'what the entry is called (default: key, or as in the source)' },
        ...STORE_PASSWORD,
        ...secretFlags('source-password', 'the password of the sources'),
        FORCE,
      ],
      examples: [['klamm certs keystore broker.jks broker.key broker.crt', 'a keystore for Java']],
      notes: PASSWORDS,
      load: async () => (await import('./certs-stores.ts')).writeKeystore,
    },
    {
      name: 'truststore',
      about: 'put certificates into a PKCS12 or JKS store that Java trusts',
      isLocal: true,
      parameters: [
        { name: '<to>', about: 'the store; .p12 or .jks at its end says the format' },
        { name: '<from...>', about: 'files with certificates' },
      ],
      flags: [...STORE_PASSWORD, ...secretFlags('source-password', 'the password of the sources'), FORCE],
      examples: [['klamm certs truststore truststore.p12 certs/ca.crt', 'for clients in Java']],
      notes: PASSWORDS,
      load: async () => (await import('./certs-stores.ts')).writeTruststore,
    },
  ],
};
