// A compose file as a deployment: each service with Kafka's variables, or with an image of Kafka, is a node. Every setting
// keeps the line it is written on.
//
// `${VARIABLE}` is what this process has it as, or its default; what is written in env_file is read from beside the file.

import { dirname, resolve } from 'node:path';
import { environmentSettings } from '@klamm/broker/config/environment';
import type { SettingEntry } from '@klamm/broker/config/settings';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { usageError } from '../usage-error.ts';
import type { Container, DeployedNode, Mount, Placed, PublishedPort } from './deployment.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ComposeInput {
  /** The file's path, for places and for what it names. */
  readonly path: string;
  readonly text: string;
  /** For `${VARIABLE}`. */
  readonly environment: Environment;
  /** Reads a text file; undefined where it is not there. */
  readonly readText: (path: string) => string | undefined;
}

/** Throws a usage error where it is no YAML, or no compose file with a service of Kafka. */
export function nodesOfCompose(input: ComposeInput): DeployedNode[] {
  const lines = new LineCounter();
  const document = parseDocument(input.text, { lineCounter: lines, merge: true, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) throw usageError(`${input.path} is no YAML: ${error.message}`);
  const services = document.get('services', true);
  if (!isMap(services)) throw usageError(`${input.path} has no services: it is no compose file.`);
  const reader = new ComposeReader(input, document, lines);
  const nodes = services.items.flatMap((pair) => {
    const service = reader.deref(pair.value);
    if (!isScalar(pair.key) || !isMap(service)) return [];
    return reader.node(String(pair.key.value), service, reader.place(pair.key));
  });
  if (nodes.length === 0) throw usageError(`${input.path} has no service with settings of Kafka.`);
  return nodes;
}

class ComposeReader {
  readonly #input: ComposeInput;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(input: ComposeInput, document: Document, lines: LineCounter) {
    this.#input = input;
    this.#document = document;
    this.#lines = lines;
  }

  node(name: string, service: YAMLMap, place: string): DeployedNode[] {
    const variables = this.#variables(service);
    const image = this.#placed(this.#get(service, 'image'));
    const isKafka = [...variables.keys()].some((variable) => /^KAFKA_/.test(variable));
    if (!isKafka && !/(^|[/-])kafka(-native)?(:|@|$)/.test(image?.value ?? '')) return [];
    const values = Object.fromEntries([...variables].map(([variable, { value }]) => [variable, value]));
    const entries = environmentSettings(values).map((entry) => this.#placedEntry(entry, variables));
    return [
      {
        name,
        place,
        entries: entries.filter(({ problem }) => problem === undefined || !/cannot be read/.test(problem)),
        variables,
        container: this.#container(name, service, image),
      },
    ];
  }

  deref(node: unknown): Node | undefined {
    if (isAlias(node)) return node.resolve(this.#document);
    return isNode(node) ? node : undefined;
  }

  place(node: Node | undefined, variable = ''): string {
    const start = node?.range?.[0];
    const line = start === undefined ? '' : `:${this.#lines.linePos(start).line}`;
    return `${this.#input.path}${line}${variable === '' ? '' : ` ${variable}`}`;
  }

  /** The value of a key, of merged maps (`<<: *common`) too. */
  #get(map: YAMLMap, key: string): Node | undefined {
    const own = this.deref(map.get(key, true));
    if (own !== undefined) return own;
    for (const pair of map.items) {
      if (!isMergeKey(pair.key)) continue;
      const merged = this.deref(pair.value);
      const maps = isSeq(merged) ? merged.items.map((item) => this.deref(item)) : [merged];
      for (const each of maps) {
        const found = isMap(each) ? this.#get(each, key) : undefined;
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #placed(node: Node | undefined): Placed | undefined {
    const value = this.#text(node);
    return value === undefined ? undefined : { value, place: this.place(node) };
  }

  #text(node: Node | undefined): string | undefined {
    if (!isScalar(node) || node.value === null || node.value === undefined) return undefined;
    const text = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    return interpolated(text, this.#input.environment);
  }

  #variables(service: YAMLMap): Map<string, Placed> {
    const variables = new Map<string, Placed>();
    for (const path of this.#texts(this.#get(service, 'env_file'))) {
      const full = resolve(dirname(this.#input.path), path);
      for (const [i, line] of (this.#input.readText(full) ?? '').split(/\r?\n/).entries()) {
        const [, name = '', value = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
        if (name !== '')
          variables.set(name, {
            value: value.replace(/^(["'])(.*)\1$/, '$2'),
            place: `${path}:${i + 1} ${name}`,
          });
      }
    }
    this.#environment(this.#get(service, 'environment'), variables);
    return variables;
  }

  #environment(node: Node | undefined, variables: Map<string, Placed>): void {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (isMergeKey(key)) {
          const merged = this.deref(value);
          for (const each of isSeq(merged) ? merged.items : [merged]) {
            const before = new Map(variables);
            this.#environment(this.deref(each), variables);
            for (const [own, placed] of before) variables.set(own, placed);
          }
        } else {
          const text = this.#text(this.deref(value)) ?? this.#input.environment[name];
          if (text !== undefined) variables.set(name, { value: text, place: this.place(key, name) });
        }
      }
    } else if (isSeq(node)) {
      for (const item of node.items) {
        const scalar = this.deref(item);
        const text = this.#text(scalar) ?? '';
        const [, name = '', value] = /^([^=]+)(?:=([\s\S]*))?$/.exec(text) ?? [];
        const own = value ?? this.#input.environment[name];
        if (name !== '' && own !== undefined)
          variables.set(name, { value: own, place: this.place(scalar, name) });
      }
    }
  }

  #placedEntry(entry: SettingEntry, variables: ReadonlyMap<string, Placed>): SettingEntry {
    const variable = variables.has(entry.source) ? entry.source : entry.name;
    return { ...entry, source: variables.get(variable)?.place ?? `${this.#input.path} ${entry.source}` };
  }

  #container(name: string, service: YAMLMap, image: Placed | undefined): Container {
    const { names, hosts } = this.#networks(this.#get(service, 'networks'));
    const own = ['container_name', 'hostname'].flatMap((key) => this.#text(this.#get(service, key)) ?? []);
    return {
      image,
      hosts: [...new Set([name, ...own, ...hosts])],
      networks: names.length > 0 ? names : ['default'],
      ports: this.#items(this.#get(service, 'ports')).flatMap((node) => this.#port(node)),
      mounts: this.#items(this.#get(service, 'volumes')).flatMap((node) => this.#mount(node)),
      isOnHostNetwork: this.#text(this.#get(service, 'network_mode')) === 'host',
    };
  }

  #networks(node: Node | undefined): { names: string[]; hosts: string[] } {
    if (isSeq(node)) return { names: this.#texts(node), hosts: [] };
    if (!isMap(node)) return { names: [], hosts: [] };
    const names: string[] = [];
    const hosts: string[] = [];
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      names.push(String(pair.key.value));
      const network = this.deref(pair.value);
      if (!isMap(network)) continue;
      for (const key of ['ipv4_address', 'ipv6_address']) hosts.push(...this.#texts(this.#get(network, key)));
      hosts.push(...this.#texts(this.#get(network, 'aliases')));
    }
    return { names, hosts };
  }

  /** `[HOST:][PUBLISHED:]TARGET[/PROTOCOL]`, ranges too, or the long form. */
  #port(node: Node): PublishedPort[] {
    const place = this.place(node);
    if (isMap(node)) {
      const target = Number(this.#text(this.#get(node, 'target')));
      const published = Number(this.#text(this.#get(node, 'published')) ?? Number.NaN);
      const host = this.#text(this.#get(node, 'host_ip')) ?? '';
      return Number.isNaN(published) || Number.isNaN(target) ? [] : [{ host, published, target, place }];
    }
    const text = (this.#text(node) ?? '').replace(/\/(tcp|udp)$/, '');
    const match = /^(?:(\[[^\]]*\]|[^:]*):)?(\d+)(?:-(\d+))?:(\d+)(?:-(\d+))?$/.exec(text);
    if (match === null) return [];
    const [, host = '', from = '', to = from, target = ''] = match;
    const count = Number(to) - Number(from) + 1;
    return Array.from({ length: Math.min(Math.max(count, 0), 100) }, (_, i) => ({
      host: host.replace(/^\[|\]$/g, ''),
      published: Number(from) + i,
      target: Number(target) + i,
      place,
    }));
  }

  #mount(node: Node): Mount[] {
    if (isMap(node)) {
      const to = this.#text(this.#get(node, 'target'));
      const isBind = this.#text(this.#get(node, 'type')) === 'bind';
      const source = this.#text(this.#get(node, 'source'));
      if (to === undefined || source === undefined) return [];
      return [{ from: isBind ? this.#path(source) : undefined, to }];
    }
    const [source = '', to] = (this.#text(node) ?? '').split(':');
    // A path alone is a volume without a name, which goes with the container.
    if (to === undefined) return [];
    return [{ from: /^[./~]/.test(source) ? this.#path(source) : undefined, to }];
  }

  #path(path: string): string {
    const home = this.#input.environment.HOME ?? '~';
    return resolve(dirname(this.#input.path), path.replace(/^~(?=\/|$)/, home));
  }

  #items(node: Node | undefined): Node[] {
    return isSeq(node) ? node.items.flatMap((item) => this.deref(item) ?? []) : [];
  }

  /** A text, or a list of texts. */
  #texts(node: Node | undefined): string[] {
    const nodes = isSeq(node) ? this.#items(node) : node === undefined ? [] : [node];
    return nodes.flatMap((each) => this.#text(isMap(each) ? this.#get(each, 'path') : each) ?? []);
  }
}

/** `<<: *common`; the parser gives it a symbol for its value. */
const isMergeKey = (key: unknown): boolean => isScalar(key) && key.source === '<<';

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `$$` for a dollar. */
function interpolated(text: string, environment: Environment): string {
  return text.replace(
    /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-+?])([^}]*))?\})/g,
    (_, dollar?: string, plain?: string, name?: string, operator = '', other = '') => {
      if (dollar !== undefined) return '$';
      const value = environment[plain ?? name ?? ''];
      const isThere = value !== undefined && (value !== '' || !operator.startsWith(':'));
      if (operator.endsWith('+')) return isThere ? other : '';
      return isThere ? value : operator.endsWith('-') ? other : '';
    },
  );
}
