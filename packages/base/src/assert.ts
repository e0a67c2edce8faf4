// Assertions guard against bugs of our own; input from outside is checked and refused with a KlammError.

/** Thrown by `assert`: a bug in Klamm. It ends the connection or the room it happened in, never silently. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws unless `condition` holds. `message` says which invariant broke. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(`Klamm has a bug: ${message}`);
}

/** The value, which an invariant says is there. */
export function must<T>(value: T | null | undefined, message: string): T {
  assert(value !== null && value !== undefined, message);
  return value;
}
