// XXH3, 64 bits, without seed: the hash by which Apache Kafka tells whether the topics of a group have changed. Bit for
// bit, so that a group does not rebalance just because another broker opens the data directory.
//
// https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md, of Yann Collet. Some microseconds for some hundred bytes:
// callers keep the result.

const P32_1 = 0x9e3779b1n;
const P32_2 = 0x85ebca77n;
const P32_3 = 0xc2b2ae3dn;
const P64_1 = 0x9e3779b185ebca87n;
const P64_2 = 0xc2b2ae3d27d4eb4fn;
const P64_3 = 0x165667b19e3779f9n;
const P64_4 = 0x85ebca77c2b2ae63n;
const P64_5 = 0x27d4eb2f165667c5n;
const MX1 = 0x165667919e3779f9n;
const MX2 = 0x9fb21c651e98df25n;
const LOW = 0xffffffffn;
const STRIPE = 64;
const STRIPES_PER_BLOCK = 16;

const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
    '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
);

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const secret = (at: number): bigint => SECRET.readBigUInt64LE(at);
const rotate = (value: bigint, by: bigint): bigint => u64(value << by) | (value >> (64n - by));
const xorShift = (value: bigint, by: bigint): bigint => value ^ (value >> by);

/** The hash as an unsigned 64-bit number. */
export function xxh3(bytes: Buffer): bigint {
  const { length } = bytes;
  if (length <= 16) return upTo16(bytes, length);
  if (length <= 128) return upTo128(bytes, length);
  return length <= 240 ? upTo240(bytes, length) : long(bytes, length);
}

function upTo16(bytes: Buffer, length: number): bigint {
  if (length > 8) {
    const low = bytes.readBigUInt64LE(0) ^ secret(24) ^ secret(32);
    const high = bytes.readBigUInt64LE(length - 8) ^ secret(40) ^ secret(48);
    return avalanche(u64(BigInt(length) + swapped(low) + high + folded(low, high)));
  }
  if (length >= 4) {
    const first = BigInt(bytes.readUInt32LE(0));
    const last = BigInt(bytes.readUInt32LE(length - 4));
    let hash = (last + (first << 32n)) ^ secret(8) ^ secret(16);
    hash ^= rotate(hash, 49n) ^ rotate(hash, 24n);
    hash = u64(hash * MX2);
    hash ^= (hash >> 35n) + BigInt(length);
    return xorShift(u64(hash * MX2), 28n);
  }
  if (length === 0) return avalanche64(secret(56) ^ secret(64));
  const [first, middle, last] = [
    bytes.readUInt8(0),
    bytes.readUInt8(length >> 1),
    bytes.readUInt8(length - 1),
  ];
  const combined = ((first << 16) | (middle << 24) | last | (length << 8)) >>> 0;
  return avalanche64(BigInt(combined) ^ BigInt((SECRET.readUInt32LE(0) ^ SECRET.readUInt32LE(4)) >>> 0));
}

function upTo128(bytes: Buffer, length: number): bigint {
  let sum = BigInt(length) * P64_1;
  for (let i = (length - 1) >> 5; i >= 0; i--) {
    sum += mixed(bytes, 16 * i, 32 * i) + mixed(bytes, length - 16 * (i + 1), 32 * i + 16);
  }
  return avalanche(u64(sum));
}

function upTo240(bytes: Buffer, length: number): bigint {
  let sum = BigInt(length) * P64_1;
  for (let i = 0; i < 8; i++) sum += mixed(bytes, 16 * i, 16 * i);
  sum = avalanche(u64(sum));
  for (let i = 8; i < length >> 4; i++) sum += mixed(bytes, 16 * i, 16 * (i - 8) + 3);
  return avalanche(u64(sum + mixed(bytes, length - 16, 136 - 17)));
}

function long(bytes: Buffer, length: number): bigint {
  const lanes = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1];
  const stripes = Math.floor((length - 1) / STRIPE);
  for (let stripe = 0; stripe < stripes; stripe++) {
    const inBlock = stripe % STRIPES_PER_BLOCK;
    accumulate(lanes, bytes, stripe * STRIPE, inBlock * 8);
    if (inBlock === STRIPES_PER_BLOCK - 1) scramble(lanes);
  }
  accumulate(lanes, bytes, length - STRIPE, SECRET.length - STRIPE - 7);
  let sum = BigInt(length) * P64_1;
  for (let i = 0; i < 8; i += 2) {
    sum += folded((lanes[i] ?? 0n) ^ secret(11 + 8 * i), (lanes[i + 1] ?? 0n) ^ secret(19 + 8 * i));
  }
  return avalanche(u64(sum));
}

function accumulate(lanes: bigint[], bytes: Buffer, at: number, secretAt: number): void {
  for (let i = 0; i < 8; i++) {
    const value = bytes.readBigUInt64LE(at + 8 * i);
    const key = value ^ secret(secretAt + 8 * i);
    lanes[i ^ 1] = u64((lanes[i ^ 1] ?? 0n) + value);
    lanes[i] = u64((lanes[i] ?? 0n) + (key & LOW) * (key >> 32n));
  }
}

function scramble(lanes: bigint[]): void {
  for (const [i, lane] of lanes.entries()) {
    lanes[i] = u64((xorShift(lane, 47n) ^ secret(SECRET.length - STRIPE + 8 * i)) * P32_1);
  }
}

function mixed(bytes: Buffer, at: number, secretAt: number): bigint {
  return folded(
    bytes.readBigUInt64LE(at) ^ secret(secretAt),
    bytes.readBigUInt64LE(at + 8) ^ secret(secretAt + 8),
  );
}

/** Both halves of the product, combined. */
function folded(a: bigint, b: bigint): bigint {
  const product = a * b;
  return u64(product) ^ (product >> 64n);
}

function swapped(value: bigint): bigint {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(value);
  return bytes.readBigUInt64BE();
}

function avalanche(value: bigint): bigint {
  return xorShift(u64(xorShift(value, 37n) * MX1), 32n);
}

function avalanche64(value: bigint): bigint {
  return xorShift(u64(xorShift(u64(xorShift(value, 33n) * P64_2), 29n) * P64_3), 32n);
}
