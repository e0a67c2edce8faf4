// Sizes of the variable-length integers (base 128, least significant group first; signed ones zigzag), as in
// org.apache.kafka.common.utils.ByteUtils. Reading and writing them is in reader.ts and writer.ts.

/** Bytes of an unsigned varint; `value` in 0 … 2^32 - 1. */
export function sizeOfUvarint(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
}

/** Bytes of a zigzag varint; `value` in -2^31 … 2^31 - 1. */
export function sizeOfVarint(value: number): number {
  return sizeOfUvarint(((value << 1) ^ (value >> 31)) >>> 0);
}

/** Bytes of a zigzag varlong; `value` a safe integer. */
export function sizeOfVarlong(value: number): number {
  if (value >= -0x80000000 && value <= 0x7fffffff) return sizeOfVarint(value);
  let rest = value < 0 ? -(value + 1) : value;
  rest = Math.floor(rest / 64);
  let size = 1;
  while (rest > 0) {
    rest = Math.floor(rest / 128);
    size++;
  }
  return size;
}
