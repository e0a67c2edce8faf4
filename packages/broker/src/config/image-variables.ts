// Variables of the images of Kafka that stand for several settings, or for one under another name: users and their
// passwords, the id of the cluster, TLS, and the login settings that KAFKA_OPTS gives a file of. What their start scripts
// write into server.properties is what comes out here; settings that are given win over it.

import { listOf } from '@klamm/base/config';
import { messageOf } from '@klamm/base/errors';
import { type JaasEntry, parseJaasFile, writeJaas } from '@klamm/protocol/sasl/jaas';
import { brokerConfigRow } from './broker.ts';
import type { SettingEntry } from './settings.ts';
import { readSecretFile, readSettingsFile } from './sources.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the image apache/kafka looks for key stores and passwords. */
const SECRETS = '/etc/kafka/secrets';

/** What the one listener is called that brokers talk on, unless the settings say it. */
const INTER_BROKER = 'INTERNAL';

const PLAIN_MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const SCRAM_MODULE = 'org.apache.kafka.common.security.scram.ScramLoginModule';

/** Settings that follow from `environment` beside those it names, which are among `given`. */
export function imageEntries(environment: Environment, given: readonly SettingEntry[]): SettingEntry[] {
  const image = new Image(environment, given);
  return [...image.names(), ...image.tls(), ...image.jaasFile(), ...image.users()];
}

/** An option of a login module that makes somebody a user: `user_NAME`, and the password. */
type Login = [string, string];

class Image {
  readonly #environment: Environment;
  readonly #given: readonly SettingEntry[];

  constructor(environment: Environment, given: readonly SettingEntry[]) {
    this.#environment = environment;
    this.#given = given;
  }

  /** Variables that are a setting under another name. */
  names(): SettingEntry[] {
    const entries = [
      ...this.#renamed('KAFKA_KRAFT_CLUSTER_ID', ['cluster.id']),
      // A name that many programs have: it counts where Kafka's settings are given by variables.
      ...(this.#given.some(({ source }) => source.startsWith('KAFKA_'))
        ? this.#renamed('CLUSTER_ID', ['cluster.id'])
        : []),
    ];
    const allows = this.#environment.ALLOW_PLAINTEXT_LISTENER ?? '';
    if (/^(yes|true|1)$/i.test(allows)) {
      const source = 'ALLOW_PLAINTEXT_LISTENER';
      entries.push({ name: 'klamm.allow.remote.plaintext', value: 'true', source });
    }
    const advertised = this.#environment.KAFKA_ADVERTISED_LISTENERS;
    if (advertised !== undefined && this.#value('listeners') === undefined) {
      const value = advertised.replace(/:\/\/[^:,]*:/g, '://0.0.0.0:');
      entries.push({ name: 'listeners', value, source: 'KAFKA_ADVERTISED_LISTENERS' });
    }
    return entries;
  }

  tls(): SettingEntry[] {
    const listeners = Object.keys(this.#environment).flatMap((variable) => {
      const listener = /^KAFKA_TLS_(.+)_CLIENT_AUTH$/.exec(variable)?.[1];
      if (listener === undefined) return [];
      return this.#renamed(variable, [`listener.name.${listener.toLowerCase()}.ssl.client.auth`]);
    });
    return [
      ...listeners,
      ...this.#renamed('KAFKA_TLS_CLIENT_AUTH', ['ssl.client.auth']),
      ...this.#renamed('KAFKA_TLS_TYPE', ['ssl.keystore.type', 'ssl.truststore.type']),
      ...this.#renamed('KAFKA_TLS_TRUSTSTORE_FILE', ['ssl.truststore.location']),
      ...this.#renamed('KAFKA_CERTIFICATE_PASSWORD', [
        'ssl.key.password',
        'ssl.keystore.password',
        'ssl.truststore.password',
      ]),
      ...this.#inSecrets('KAFKA_SSL_KEYSTORE_FILENAME', 'ssl.keystore.location'),
      ...this.#inSecrets('KAFKA_SSL_TRUSTSTORE_FILENAME', 'ssl.truststore.location'),
      ...this.#secretIn('KAFKA_SSL_KEY_CREDENTIALS', 'ssl.key.password'),
      ...this.#secretIn('KAFKA_SSL_KEYSTORE_CREDENTIALS', 'ssl.keystore.password'),
      ...this.#secretIn('KAFKA_SSL_TRUSTSTORE_CREDENTIALS', 'ssl.truststore.password'),
    ];
  }

  /** `KafkaServer` of the file that KAFKA_OPTS names, for each listener that asks for a login. */
  jaasFile(): SettingEntry[] {
    const options = this.#environment.KAFKA_OPTS ?? '';
    const path = /-Djava\.security\.auth\.login\.config=(?:"([^"]*)"|(\S+))/.exec(options)?.slice(1).join('');
    if (path === undefined || path === '') return [];
    const source = `${path} (KAFKA_OPTS)`;
    try {
      const blocks = parseJaasFile(readSettingsFile(path, 'KAFKA_OPTS').toString(), path);
      return this.#loginListeners().flatMap((listener) => {
        const block = blocks.get(`${listener.toLowerCase()}.KafkaServer`) ?? blocks.get('KafkaServer') ?? [];
        return block.flatMap((entry) =>
          mechanismsOf(entry).map((mechanism) => ({
            name: jaasName(listener, mechanism),
            value: writeJaas(entry.loginModule, entry.options),
            source,
          })),
        );
      });
    } catch (error) {
      return [{ name: 'sasl.jaas.config', value: '', source, problem: messageOf(error) }];
    }
  }

  /** KAFKA_CLIENT_USERS and KAFKA_CLIENT_PASSWORDS, for each listener that asks for a login. */
  users(): SettingEntry[] {
    let clients: Login[];
    let brokers: Login[];
    try {
      const names = words(this.#text('KAFKA_CLIENT_USERS'));
      const passwords = words(this.#text('KAFKA_CLIENT_PASSWORDS'));
      if (names.length !== passwords.length) return [unequal(names.length, passwords.length)];
      clients = names.map((user, i): Login => [`user_${user}`, passwords[i] ?? '']);
      const broker = this.#text('KAFKA_INTER_BROKER_USER');
      brokers = broker === '' ? [] : [[`user_${broker}`, this.#text('KAFKA_INTER_BROKER_PASSWORD')]];
    } catch (error) {
      const name = 'KAFKA_CLIENT_PASSWORDS';
      return [{ name, value: '', source: 'environment', problem: messageOf(error) }];
    }
    const everybody = new Map([...clients, ...brokers]);
    if (everybody.size === 0) return [];
    const source = clients.length > 0 ? 'KAFKA_CLIENT_USERS' : 'KAFKA_INTER_BROKER_USER';
    const interBroker = (this.#value('inter.broker.listener.name') ?? INTER_BROKER).toUpperCase();
    const plain = this.#loginListeners().map((listener) => ({
      name: jaasName(listener, 'plain'),
      value: writeJaas(PLAIN_MODULE, listener === interBroker ? everybody : new Map(clients)),
      source,
    }));
    return [...plain, { name: 'klamm.scram.users', value: writeJaas(SCRAM_MODULE, everybody), source }];
  }

  /** The first value that is given for a setting. */
  #value(name: string): string | undefined {
    return this.#given.find((entry) => entry.name === name)?.value;
  }

  /** Names of the listeners for clients that ask for a login by SASL. */
  #loginListeners(): string[] {
    const controllers = listOf(this.#value('controller.listener.names') ?? 'CONTROLLER');
    const map =
      this.#value('listener.security.protocol.map') ??
      brokerConfigRow('listener.security.protocol.map').default;
    const protocols = new Map(
      listOf(map ?? '').map((pair) => {
        const [listener = '', protocol = ''] = pair.toUpperCase().split(':');
        return [listener.trim(), protocol.trim()];
      }),
    );
    const advertised = this.#environment.KAFKA_ADVERTISED_LISTENERS;
    return listOf(this.#value('listeners') ?? advertised ?? '')
      .map((address) => (address.split('://')[0] ?? '').toUpperCase())
      .filter((listener) => !controllers.some((controller) => controller.toUpperCase() === listener))
      .filter((listener) => (protocols.get(listener) ?? listener).startsWith('SASL_'));
  }

  /** The variable's value, or what is in the file that its `_FILE` names; empty where neither is there. */
  #text(variable: string): string {
    const path = this.#environment[`${variable}_FILE`];
    if (path === undefined || path === '') return this.#environment[variable] ?? '';
    return readSecretFile(path, `${variable}_FILE`);
  }

  #renamed(variable: string, names: readonly string[]): SettingEntry[] {
    try {
      const value = this.#text(variable);
      return value === '' ? [] : names.map((name) => ({ name, value, source: variable }));
    } catch (error) {
      return names.map((name) => ({ name, value: '', source: variable, problem: messageOf(error) }));
    }
  }

  #inSecrets(variable: string, name: string): SettingEntry[] {
    const file = this.#environment[variable] ?? '';
    return file === '' ? [] : [{ name, value: `${SECRETS}/${file}`, source: variable }];
  }

  #secretIn(variable: string, name: string): SettingEntry[] {
    const file = this.#environment[variable] ?? '';
    if (file === '') return [];
    try {
      const value = readSecretFile(`${SECRETS}/${file}`, variable);
      return [{ name, value, source: variable }];
    } catch (error) {
      return [{ name, value: '', source: variable, problem: messageOf(error) }];
    }
  }
}

function unequal(users: number, passwords: number): SettingEntry {
  const problem = `KAFKA_CLIENT_USERS names ${users} users and this ${passwords} passwords; give as many of each, with commas between`;
  return { name: 'KAFKA_CLIENT_PASSWORDS', value: '', source: 'environment', problem };
}

const jaasName = (listener: string, mechanism: string): string =>
  `listener.name.${listener.toLowerCase()}.${mechanism}.sasl.jaas.config`;

/** A list as the image bitnami/kafka takes it: with commas, semicolons or blanks between. */
const words = (text: string): string[] => text.split(/[,;\s]+/).filter((word) => word !== '');

/** Mechanisms whose logins a module of Java checks. */
function mechanismsOf({ loginModule }: JaasEntry): string[] {
  if (loginModule.endsWith('PlainLoginModule')) return ['plain'];
  if (loginModule.endsWith('ScramLoginModule')) return ['scram-sha-256', 'scram-sha-512'];
  return loginModule.endsWith('OAuthBearerLoginModule') ? ['oauthbearer'] : [];
}
