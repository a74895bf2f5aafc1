/** Reads DER, as much of it as a certificate is made of. ITU-T X.690 §8, §10. */

export interface DerValue {
  /** The identifier octet: class, constructed or not, number. */
  readonly tag: number
  readonly content: Uint8Array
  /** Identifier, length and content. */
  readonly encoded: Uint8Array
}

export const derTags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
  set: 0x31,
} as const

/** @throws {TypeError} when the bytes are anything but one value. */
export const readDer = (bytes: Uint8Array): DerValue => {
  const value = readAt(bytes, 0)
  if (value.encoded.length !== bytes.length) throw malformed()
  return value
}

/** The values that a constructed value holds. @throws {TypeError} */
export const readChildren = ({ content }: DerValue): readonly DerValue[] => {
  const children: DerValue[] = []
  for (let at = 0; at < content.length; ) {
    const child = readAt(content, at)
    children.push(child)
    at += child.encoded.length
  }
  return children
}

/** @throws {TypeError} when it is undefined or of another tag. */
export const expectTag = (value: DerValue | undefined, tag: number): DerValue => {
  if (value?.tag !== tag) throw malformed()
  return value
}

/** The value in digits and dots. @throws {TypeError} */
export const readObjectIdentifier = (value: DerValue | undefined): string => {
  const { content } = expectTag(value, derTags.objectIdentifier)
  const arcs: number[] = []
  let arc = 0
  for (const [index, octet] of content.entries()) {
    arc = arc * 128 + (octet & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER) throw malformed()
    if (octet < 0x80) {
      arcs.push(arc)
      arc = 0
    } else if (index === content.length - 1) throw malformed()
  }
  const [first, ...rest] = arcs
  if (first === undefined) throw malformed()
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...rest].join('.')
}

const readAt = (bytes: Uint8Array, at: number): DerValue => {
  const tag = bytes[at]
  const first = bytes[at + 1]
  // a tag number above 30 is written in more octets, and no certificate has one
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw malformed()
  const { length, octets } = first < 0x80 ? { length: first, octets: 0 } : readLongLength(bytes, at + 1)
  const start = at + 2 + octets
  const end = start + length
  if (end > bytes.length) throw malformed()
  return { tag, content: bytes.subarray(start, end), encoded: bytes.subarray(at, end) }
}

/** §10.1: "The definite form of length encoding shall be used, encoded in the minimum number of octets." */
const readLongLength = (bytes: Uint8Array, at: number) => {
  const octets = (bytes[at] ?? 0) & 0x7f
  if (octets === 0 || octets > 3) throw malformed()
  let length = 0
  for (let index = 1; index <= octets; index++) length = length * 256 + (bytes[at + index] ?? 0)
  if (length < 0x80 || length < 256 ** (octets - 1)) throw malformed()
  return { length, octets }
}

const malformed = () => new TypeError('not the DER of a certificate')
