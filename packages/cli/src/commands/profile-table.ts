// `klamm profile`: its commands as rows of the command table.

import type { CommandSpec, FlagSpec } from '../command.ts';
import { secretFlags } from '../secret.ts';

const NAME = { name: '<name>', about: 'what to call it' };
const CONNECTION: readonly FlagSpec[] = [
  { flags: '--tls', about: 'speak TLS; who vouches for the brokers is whom Node trusts, or --ca' },
  { flags: '--ca <file>', about: 'certificates that vouch for the brokers: PEM, PKCS12 or JKS' },
  ...secretFlags('ca-password', "that file's password"),
  { flags: '--cert <file>', about: "this client's certificate, in PEM" },
  { flags: '--key <file>', about: 'its private key, in PEM' },
  { flags: '--keystore <file>', about: 'both in one file: PEM, PKCS12 or JKS' },
  ...secretFlags('keystore-password', "the keystore's password"),
  {
    flags: '--mechanism <name>',
    about: 'how to log in: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER',
    choices: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'],
  },
  { flags: '--username <user>', about: 'as whom' },
  ...secretFlags('password', 'the password; of OAUTHBEARER, the token'),
  { flags: '--store-password', about: 'ask for the password, and keep it in the profile itself' },
];

export const profileCommands: CommandSpec = {
  name: 'profile',
  aliases: ['profiles'],
  about: 'keep clusters and logins under names',
  examples: [
    ['klamm profile add local', 'the broker on this machine'],
    ['klamm profile use local', 'for every command from now on'],
    ['klamm topic list -p local', 'for this one'],
  ],
  commands: [
    {
      name: 'list',
      aliases: ['ls'],
      about: 'list profiles',
      isWithoutProfile: true,
      examples: [
        ['klamm profile list', 'the current one has a star'],
        ['klamm profile ls -o json', 'for a program'],
      ],
      load: async () => (await import('./profile.ts')).listProfiles,
    },
    {
      name: 'add',
      about: 'add a profile',
      isWithoutProfile: true,
      parameters: [NAME],
      flags: [...CONNECTION, { flags: '--use', about: 'and use it from now on' }],
      examples: [
        ['klamm profile add local', 'the broker on this machine'],
        [
          'klamm profile add prod -b kafka.example:9093 --ca ca.pem --mechanism SCRAM-SHA-512 --username alice --password-env KAFKA_PASSWORD',
          'TLS and a login; the password stays in a variable',
        ],
        [
          'klamm profile add mine -b kafka.example:9094 --keystore me.p12 --keystore-password-file me.secret',
          'a certificate as login',
        ],
      ],
      notes:
        'A profile names the file or the variable that a password is in, and does not hold it, unless --store-password says so.\n' +
        'Profiles are in klamm/config.toml, in $XDG_CONFIG_HOME or ~/.config, which only you can read.',
      load: async () => (await import('./profile.ts')).addProfile,
    },
    {
      name: 'use',
      about: 'use a profile for every command that names none',
      isWithoutProfile: true,
      parameters: [{ name: '[name]', about: 'the profile; none for the broker on this machine' }],
      examples: [
        ['klamm profile use prod', 'from now on'],
        ['klamm profile use', 'no profile any more'],
      ],
      load: async () => (await import('./profile.ts')).useProfile,
    },
    {
      name: 'show',
      about: 'show a profile, without its secrets',
      isWithoutProfile: true,
      parameters: [{ name: '[name]', about: 'the profile (default: the current one)' }],
      examples: [['klamm profile show prod', 'what it stands for']],
      load: async () => (await import('./profile.ts')).showProfile,
    },
    {
      name: 'test',
      about: 'connect and log in with a profile',
      isWithoutProfile: true,
      parameters: [{ name: '[name]', about: 'the profile (default: the current one)' }],
      examples: [['klamm profile test prod', 'who answers, and as whom one is there']],
      load: async () => (await import('./profile.ts')).testProfile,
    },
    {
      name: 'import',
      about: "make a profile of a client.properties of Kafka's, or of a configuration of kcat",
      isWithoutProfile: true,
      parameters: [NAME, { name: '<file>', about: 'the file' }],
      flags: [{ flags: '--use', about: 'and use it from now on' }],
      examples: [
        ['klamm profile import prod client.properties', 'of Java'],
        ['klamm profile import prod ~/.config/kcat.conf --use', 'of kcat'],
      ],
      notes: 'A password in the file is taken over, and a warning says so.',
      load: async () => (await import('./profile.ts')).importProfile,
    },
    {
      name: 'remove',
      aliases: ['rm', 'delete'],
      about: 'remove profiles',
      isWithoutProfile: true,
      parameters: [{ name: '<names...>', about: 'one profile or several' }],
      examples: [['klamm profile remove prod', 'asks first']],
      load: async () => (await import('./profile.ts')).removeProfiles,
    },
  ],
};
