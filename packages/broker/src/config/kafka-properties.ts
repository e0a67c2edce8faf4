// The server.properties with which Apache Kafka 4.3 starts on a directory that Klamm kept: what Klamm was started with,
// less what is Klamm's alone, and more by what a node of Apache Kafka needs besides: roles, a quorum of itself, a listener
// for its controller, and one on which it talks to itself as a broker (it ends transactions that way).
//
// Nobody gets in who did not before: where listeners ask who comes, or an authorizer is set, those two ask for a login
// that is made up here. It knows no files. KafkaConfig and SocketServerConfigs of Apache Kafka fix what is refused.

import { listOf } from '@klamm/base/config';
import { KlammError } from '@klamm/base/errors';
import { propertyLine } from '@klamm/base/properties';
import { parseJaas, writeJaas } from '@klamm/protocol/sasl/jaas';
import type { ListenerAddress } from '../listeners/listener.ts';
import { brokerConfigRow, isBrokerConfig } from './broker.ts';
import { foreignMeaning } from './broker-foreign.ts';
import { unscoped } from './listener-scope.ts';
import { advertisedTo, controllerListeners, isOpen, listenerAddresses } from './listeners.ts';
import type { BrokerSettings } from './settings.ts';

export interface KeptDirectory {
  /** Absolute. */
  readonly path: string;
  readonly nodeId: number;
  /** 0 for fixed voters, 1 where the metadata log names them (KIP-853). */
  readonly kraftVersion: number;
}

/** A user of the node's own: a name nobody has, and a password. */
export interface NodeLogin {
  readonly user: string;
  readonly password: string;
}

export interface KafkaProperties {
  readonly sections: readonly { readonly title: string; readonly properties: ReadonlyMap<string, string> }[];
  /** What is not as it was, a sentence each. */
  readonly remarks: readonly string[];
  /** `host:port` for clients on this machine. */
  readonly bootstrap: string;
  /** True where there are passwords or keys among the values. */
  readonly hasSecrets: boolean;
}

const JAAS = 'sasl.jaas.config';
const PLAIN_MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const MODULES: Readonly<Record<string, string>> = {
  PLAIN: PLAIN_MODULE,
  'SCRAM-SHA-256': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  'SCRAM-SHA-512': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  OAUTHBEARER: 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule',
};
const OAUTH_VALIDATOR = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler';

const OWN: Readonly<Record<string, string>> = {
  'cluster.id': 'the directory has it',
  'flush.policy':
    'Apache Kafka trusts the page cache; log.flush.interval.messages=1 has it sync before it acknowledges, as Klamm does',
  'klamm.scram.users': 'the users are in the directory',
  'klamm.allow.remote.plaintext': 'Apache Kafka lets anybody in where nothing else is said',
};
/** Written anew, whatever was given. */
const REPLACED: ReadonlySet<string> = new Set([
  'broker.id',
  'node.id',
  'process.roles',
  'log.dir',
  'log.dirs',
  'metadata.log.dir',
  'listeners',
  'advertised.listeners',
  'listener.security.protocol.map',
  'controller.listener.names',
  'controller.quorum.voters',
  'controller.quorum.bootstrap.servers',
  'inter.broker.listener.name',
  'security.inter.broker.protocol',
]);
/** One node holds one replica of each. */
const OF_ONE_NODE = [
  'default.replication.factor',
  'offsets.topic.replication.factor',
  'transaction.state.log.replication.factor',
  'transaction.state.log.min.isr',
  'share.coordinator.state.topic.replication.factor',
  'share.coordinator.state.topic.min.isr',
] as const;
const PORT_MIN = 1024;
const PORT_MAX = 65_535;
const ANONYMOUS = 'User:ANONYMOUS';

/**
 * @param login for listeners that are made up here; its name must be nobody's
 * @throws KlammError INVALID_CONFIG where a listener has port 0
 */
export function kafkaProperties(
  settings: BrokerSettings,
  directory: KeptDirectory,
  login: NodeLogin,
): KafkaProperties {
  const remarks: string[] = [];
  const listeners = new Listeners(settings, login);
  const node = new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', `${directory.nodeId}`],
    ['log.dirs', directory.path],
    directory.kraftVersion === 0
      ? ['controller.quorum.voters', `${directory.nodeId}@${listeners.controllerAddress}`]
      : ['controller.quorum.bootstrap.servers', listeners.controllerAddress],
  ]);
  const voters = listOf(settings.entry('controller.quorum.voters')?.value ?? '');
  if (voters.length > 1)
    remarks.push(`controller.quorum.voters named ${voters.length} voters; this node is the only one.`);
  const kept = new Map<string, string>();
  for (const { name, value } of settings.given) {
    if (REPLACED.has(name) || listeners.own.has(name)) continue;
    if (name in OWN) remarks.push(`${name} is left out: ${OWN[name]}.`);
    else if (foreignMeaning(unscoped(name) ?? name) !== undefined)
      remarks.push(`${name} is left out: ${foreignMeaning(unscoped(name) ?? name)}.`);
    else kept.set(name, value.trim());
  }
  for (const name of OF_ONE_NODE) {
    const given = kept.get(name);
    if (given !== undefined && given !== '1' && given !== '-1')
      remarks.push(`${name} was ${given}, and is 1: there is one node.`);
    kept.set(name, '1');
  }
  const delay = 'group.initial.rebalance.delay.ms';
  // The one default of groups that is not Apache Kafka's.
  if (!kept.has(delay)) kept.set(delay, settings.text(delay));
  if (!settings.entry('flush.policy')) remarks.push(`Durability: ${OWN['flush.policy']}.`);
  const sections = [
    { title: 'This node, and its quorum of one', properties: node },
    { title: 'Listeners', properties: listeners.properties },
    { title: 'Logins that Apache Kafka asks for besides', properties: listeners.own },
    { title: 'As Klamm had it', properties: kept },
  ].filter(({ properties }) => properties.size > 0);
  return {
    sections,
    remarks: [...remarks, ...listeners.remarks],
    bootstrap: listeners.bootstrap,
    hasSecrets: sections.some(({ properties }) => [...properties.keys()].some(isSecret)),
  };
}

function isSecret(name: string): boolean {
  const key = unscoped(name) ?? name;
  return isBrokerConfig(key) && brokerConfigRow(key).type === 'password';
}

/** The listeners of the node to be, and how it logs in on those that it talks to itself on. */
class Listeners {
  readonly properties = new Map<string, string>();
  /** Of what is made up here, and what the given listeners lack that Apache Kafka asks for. */
  readonly own = new Map<string, string>();
  readonly remarks: string[] = [];
  readonly bootstrap: string;
  readonly controllerAddress: string;
  readonly #settings: BrokerSettings;
  readonly #login: NodeLogin;
  readonly #served: readonly ListenerAddress[];
  /** Names and protocols as they were given. */
  readonly #map: Map<string, string>;
  readonly #isGuarded: boolean;

  constructor(settings: BrokerSettings, login: NodeLogin) {
    this.#settings = settings;
    this.#login = login;
    this.#served = listenerAddresses(settings);
    const unknown = this.#served.find(({ port }) => port === 0);
    if (unknown !== undefined) {
      throw new KlammError(
        `Listener ${unknown.name} has port 0, so nobody knows where Apache Kafka will listen: give it a port, with --listeners or --port.`,
        { code: 'INVALID_CONFIG', errorCode: 40, retriable: false },
      );
    }
    this.#map = new Map(
      listOf(settings.entry('listener.security.protocol.map')?.value ?? '').map((pair) => {
        const [name = '', protocol = ''] = pair.split(':');
        return [name.trim().toUpperCase(), protocol.trim().toUpperCase()];
      }),
    );
    const authorizes = settings.text('authorizer.class.name') !== '';
    this.#isGuarded =
      authorizes || this.#served.some(({ name, protocol }) => !isOpen(settings, name, protocol));
    for (const { name, protocol } of this.#served) this.#map.set(name, protocol);

    const controller = this.#controller();
    const interBroker = this.#interBroker(authorizes);
    this.controllerAddress = controller.address;
    const addresses = this.#served.map(({ name, host, port }) => `${name}://${bracketed(host)}:${port}`);
    const told = advertisedTo(settings, this.#served).map(
      ({ name, host, port }) => `${name}://${bracketed(host)}:${port}`,
    );
    if (interBroker.added !== undefined) {
      addresses.push(interBroker.added);
      told.push(interBroker.added);
    }
    addresses.push(`${controller.name}://${controller.address}`);
    this.properties.set('listeners', addresses.join(','));
    this.properties.set('advertised.listeners', told.join(','));
    this.properties.set(
      'listener.security.protocol.map',
      [...this.#map].map(([name, protocol]) => `${name}:${protocol}`).join(','),
    );
    this.properties.set('inter.broker.listener.name', interBroker.name);
    this.properties.set('controller.listener.names', controller.name);
    for (const listener of this.#served) this.#loginModules(listener);
    const [first] = advertisedTo(settings, this.#served);
    this.bootstrap = `${bracketed(first?.host ?? 'localhost')}:${first?.port ?? 0}`;
    if (authorizes && this.own.has('super.users'))
      this.remarks.push(
        `${this.#login.user} is a user that the node logs in as at itself, and one of super.users.`,
      );
  }

  #controller(): { readonly name: string; readonly address: string } {
    const names = controllerListeners(this.#settings);
    const given = listOf(this.#settings.text('listeners'))
      .map((text) => /^([^:]+):\/\/(.*)$/.exec(text))
      .find((match) => names.includes((match?.[1] ?? '').toUpperCase()));
    const name = (given?.[1] ?? names[0] ?? 'CONTROLLER').toUpperCase();
    const address =
      given?.[2]?.replace(/^(0\.0\.0\.0|\[::\])?:/, '127.0.0.1:') ?? `127.0.0.1:${this.#freePort()}`;
    if (given?.[2] !== undefined && given[2] !== address)
      this.remarks.push(
        `The listener ${name} was at every address, and is on this machine only: ${address}.`,
      );
    if (!this.#map.has(name)) this.#ownLogin(name, 'sasl.mechanism.controller.protocol');
    return { name, address };
  }

  /** The listener for brokers that was given, where a node alone can use it; else one on this machine. */
  #interBroker(authorizes: boolean): { readonly name: string; readonly added?: string } {
    const wanted = this.#settings.entry('inter.broker.listener.name')?.value.trim().toUpperCase();
    const byProtocol = this.#settings.entry('security.inter.broker.protocol')?.value.trim().toUpperCase();
    const candidate = this.#served.find(({ name, protocol }) =>
      wanted === undefined
        ? name === (byProtocol ?? 'PLAINTEXT') || protocol === 'PLAINTEXT'
        : name === wanted,
    );
    if (candidate !== undefined && this.#letsItselfIn(candidate, authorizes)) return { name: candidate.name };
    const name = ['INTERNAL', 'NODE', 'INTERBROKER'].find((each) => !this.#map.has(each)) ?? 'INTERNAL_2';
    this.#ownLogin(name, 'sasl.mechanism.inter.broker.protocol');
    const added = `${name}://127.0.0.1:${this.#freePort()}`;
    const why =
      candidate === undefined
        ? 'A broker of Apache Kafka talks to itself over a listener'
        : `Nothing says as whom a broker logs in on ${candidate.name}`;
    this.remarks.push(`${why}: ${added}, on this machine only, is there for that.`);
    return { name, added };
  }

  #letsItselfIn({ name, protocol }: ListenerAddress, authorizes: boolean): boolean {
    const settings = this.#settings;
    if (protocol === 'PLAINTEXT') {
      const isSuper = settings
        .text('super.users')
        .split(';')
        .some((user) => user.trim() === ANONYMOUS);
      return !authorizes || isSuper;
    }
    if (protocol === 'SSL') return settings.entry('inter.broker.listener.name') !== undefined;
    const mechanism = settings.entry('sasl.mechanism.inter.broker.protocol')?.value.trim() ?? '';
    const jaas = settings.forListener(name, JAAS, mechanism);
    if (mechanism === '' || jaas === undefined) return false;
    const { options } = parseJaas(
      jaas,
      `listener.name.${name.toLowerCase()}.${mechanism.toLowerCase()}.${JAAS}`,
    );
    return options.has('username') && options.has('password');
  }

  /** Has a listener that is made up here ask for the node's own login, where those for clients ask for one. */
  #ownLogin(listener: string, mechanismSetting: string): void {
    if (!this.#isGuarded) {
      this.#map.set(listener, 'PLAINTEXT');
      return;
    }
    const { user, password } = this.#login;
    const prefix = `listener.name.${listener.toLowerCase()}`;
    this.#map.set(listener, 'SASL_PLAINTEXT');
    this.own.set(mechanismSetting, 'PLAIN');
    this.own.set(`${prefix}.sasl.enabled.mechanisms`, 'PLAIN');
    const options = [
      ['username', user],
      ['password', password],
      [`user_${user}`, password],
    ] as const;
    this.own.set(`${prefix}.plain.${JAAS}`, writeJaas(PLAIN_MODULE, options));
    if (this.#settings.text('authorizer.class.name') === '') return;
    const others = this.#settings.entry('super.users')?.value.trim() ?? '';
    this.own.set('super.users', [...(others === '' ? [] : [others]), `User:${user}`].join(';'));
  }

  /** Apache Kafka wants a login module for each mechanism of a listener, by that listener's and that mechanism's name. */
  #loginModules({ name, protocol }: ListenerAddress): void {
    if (protocol === 'PLAINTEXT' || protocol === 'SSL') return;
    const settings = this.#settings;
    const prefix = `listener.name.${name.toLowerCase()}`;
    for (const mechanism of listOf(settings.forListener(name, 'sasl.enabled.mechanisms') ?? '')) {
      const scope = `${prefix}.${mechanism.toLowerCase()}`;
      const module = MODULES[mechanism];
      if (module === undefined) continue;
      if (settings.entry(`${scope}.${JAAS}`) === undefined) {
        const jaas = settings.forListener(name, JAAS, mechanism);
        this.own.set(`${scope}.${JAAS}`, jaas?.includes(module) ? jaas : `${module} required;`);
      }
      const handler = 'sasl.server.callback.handler.class';
      if (mechanism === 'OAUTHBEARER' && settings.entry(`${scope}.${handler}`) === undefined) {
        this.own.set(`${scope}.${handler}`, OAUTH_VALIDATOR);
        this.remarks.push(
          `Apache Kafka fetches keys of tokens only from addresses that its Java is told: KAFKA_OPTS=-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=URL.`,
        );
      }
    }
  }

  /** The next port above the first listener's that none of them has; it may be taken on the machine all the same. */
  #freePort(): number {
    const given = listOf(this.#settings.text('listeners')).map((text) => Number(/\d+$/.exec(text)?.[0]));
    let port = (this.#served[0]?.port ?? PORT_MIN) + 1;
    while (port > PORT_MAX || given.includes(port) || this.#taken.has(port))
      port = port >= PORT_MAX ? PORT_MIN : port + 1;
    this.#taken.add(port);
    return port;
  }

  readonly #taken = new Set<number>();
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** The text of a properties file, with comments for titles and remarks (java.util.Properties.store). */
export function propertiesText({ sections }: KafkaProperties, heading: readonly string[]): string {
  const lines = heading.map((line) => `# ${line}`);
  for (const { title, properties } of sections) {
    lines.push('', `# ${title}`);
    for (const [name, value] of properties) lines.push(propertyLine(name, value));
  }
  return `${lines.join('\n')}\n`;
}
