// The ACLs of the cluster as they stand, by the id under which the metadata log has them, and arranged for the two
// questions that are asked all the time: which are about a resource and a principal, and which of a principal's are
// about a kind of resource (org.apache.kafka.image.AclsImage, and the sorted set of StandardAuthorizerData).
//
// Finding those about a resource takes one look-up for its name, one for the wildcard, and one for each length that a
// prefix has: ten thousand ACLs cost no more than ten, unless they are all one principal's and on one resource.

import { type Acl, aclKey, PatternType, WILDCARD } from './acl.ts';

/** ACLs on one name, by principal. */
type ByPrincipal = ReadonlyMap<string, readonly Acl[]>;

export class AclImage {
  readonly #byId = new Map<string, Acl>();
  readonly #ids = new Map<string, string>();
  readonly #kinds = new Map<number, AclKind>();
  #version = 0;

  /** Counts changes: what was found out under another version holds no longer. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#byId.size;
  }

  entries(): IterableIterator<[id: string, acl: Acl]> {
    return this.#byId.entries();
  }

  /** Whether there is one that says the same. */
  has(acl: Acl): boolean {
    return this.#ids.has(aclKey(acl));
  }

  add(id: string, acl: Acl): void {
    this.remove(id);
    this.#byId.set(id, acl);
    this.#ids.set(aclKey(acl), id);
    let kind = this.#kinds.get(acl.resourceType);
    if (kind === undefined) {
      kind = new AclKind();
      this.#kinds.set(acl.resourceType, kind);
    }
    kind.add(acl);
    this.#version++;
  }

  remove(id: string): void {
    const acl = this.#byId.get(id);
    if (acl === undefined) return;
    this.#byId.delete(id);
    const key = aclKey(acl);
    if (this.#ids.get(key) === id) this.#ids.delete(key);
    this.#kinds.get(acl.resourceType)?.remove(acl);
    this.#version++;
  }

  /** Every group of ACLs on a name or prefix that applies to the resource. */
  *applying(resourceType: number, resourceName: string): Generator<ByPrincipal> {
    const kind = this.#kinds.get(resourceType);
    if (kind !== undefined) yield* kind.applying(resourceName);
  }

  /** All ACLs for exactly this principal on resources of a kind. */
  ofPrincipal(resourceType: number, principal: string): Iterable<Acl> {
    return this.#kinds.get(resourceType)?.ofPrincipal(principal) ?? [];
  }
}

/** Those of one kind of resource. */
class AclKind {
  readonly #literal = new Map<string, Map<string, Acl[]>>();
  readonly #prefixed = new Map<string, Map<string, Acl[]>>();
  /** How many prefixes have a length. */
  readonly #lengths = new Map<number, number>();
  readonly #byPrincipal = new Map<string, Set<Acl>>();

  add(acl: Acl): void {
    const { resourceName, principal } = acl;
    const names = this.#namesOf(acl);
    let onName = names.get(resourceName);
    if (onName === undefined) {
      onName = new Map();
      names.set(resourceName, onName);
      if (names === this.#prefixed) this.#countLength(resourceName.length, 1);
    }
    const list = onName.get(principal);
    if (list === undefined) onName.set(principal, [acl]);
    else list.push(acl);
    const own = this.#byPrincipal.get(principal);
    if (own === undefined) this.#byPrincipal.set(principal, new Set([acl]));
    else own.add(acl);
  }

  remove(acl: Acl): void {
    const { resourceName, principal } = acl;
    const names = this.#namesOf(acl);
    const onName = names.get(resourceName);
    const left = onName?.get(principal)?.filter((each) => each !== acl) ?? [];
    if (left.length > 0) onName?.set(principal, left);
    else onName?.delete(principal);
    if (onName?.size === 0) {
      names.delete(resourceName);
      if (names === this.#prefixed) this.#countLength(resourceName.length, -1);
    }
    const own = this.#byPrincipal.get(principal);
    own?.delete(acl);
    if (own?.size === 0) this.#byPrincipal.delete(principal);
  }

  *applying(name: string): Generator<ByPrincipal> {
    const exact = this.#literal.get(name);
    if (exact !== undefined) yield exact;
    const all = name === WILDCARD ? undefined : this.#literal.get(WILDCARD);
    if (all !== undefined) yield all;
    for (const length of this.#lengths.keys()) {
      const prefixed = length <= name.length ? this.#prefixed.get(name.slice(0, length)) : undefined;
      if (prefixed !== undefined) yield prefixed;
    }
  }

  ofPrincipal(principal: string): Iterable<Acl> {
    return this.#byPrincipal.get(principal) ?? [];
  }

  #namesOf({ patternType }: Acl): Map<string, Map<string, Acl[]>> {
    return patternType === PatternType.prefixed ? this.#prefixed : this.#literal;
  }

  #countLength(length: number, by: number): void {
    const count = (this.#lengths.get(length) ?? 0) + by;
    if (count > 0) this.#lengths.set(length, count);
    else this.#lengths.delete(length);
  }
}
