/** Distinguished names: read from a certificate and from their string form, and compared. RFC 4514, RFC 5280 §4.1.2.4. */
import { type DerValue, derTags, expectTag, readChildren, readObjectIdentifier } from './client_certificate_der.ts'

/** A relative distinguished name: usually one attribute, and a set where there are more. */
type RelativeName = readonly Attribute[]

interface Attribute {
  /** In digits and dots. */
  readonly type: string
  /** What it is compared by: `=` and the text, or `#` and the DER in hex. */
  readonly value: string
}

/** In the order of the certificate: from the root of the tree to the leaf. */
export type DistinguishedName = readonly RelativeName[]

/** RFC 4514 §3, and what certificates have besides: RFC 4519 §2, RFC 2985 §5.2.1. */
const attributeTypes: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  TITLE: '2.5.4.12',
  BUSINESSCATEGORY: '2.5.4.15',
  POSTALCODE: '2.5.4.17',
  NAME: '2.5.4.41',
  GN: '2.5.4.42',
  INITIALS: '2.5.4.43',
  GENERATIONQUALIFIER: '2.5.4.44',
  DNQUALIFIER: '2.5.4.46',
  PSEUDONYM: '2.5.4.65',
  ORGANIZATIONIDENTIFIER: '2.5.4.97',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  EMAILADDRESS: '1.2.840.113549.1.9.1',
}

const shortNames = new Map(Object.entries(attributeTypes).map(([name, type]) => [type, name]))

/** The text types of X.520 DirectoryString and their like. T61String has no certain meaning, so that its DER is compared. */
const decoders: Readonly<Record<number, string>> = {
  12: 'utf-8',
  18: 'ascii',
  19: 'ascii',
  22: 'ascii',
  26: 'ascii',
  30: 'utf-16be',
}

/** Reads a Name. @throws {TypeError} */
export const readDistinguishedName = (name: DerValue | undefined): DistinguishedName =>
  readChildren(expectTag(name, derTags.sequence)).map((relative) =>
    readChildren(expectTag(relative, derTags.set)).map((attribute) => {
      const [type, value, ...rest] = readChildren(expectTag(attribute, derTags.sequence))
      if (value === undefined || rest.length > 0) throw new TypeError('not the DER of a distinguished name')
      return { type: readObjectIdentifier(type), value: readText(value) }
    }),
  )

const readText = ({ tag, content, encoded }: DerValue): string => {
  const charset = decoders[tag]
  if (charset === undefined || (charset === 'ascii' && content.some((octet) => octet > 0x7f))) {
    return `#${Buffer.from(encoded).toString('hex')}`
  }
  const text = new TextDecoder(charset === 'ascii' ? 'utf-8' : charset, { fatal: true, ignoreBOM: true }).decode(
    content,
  )
  return `=${text}`
}

const maxLength = 2_048

// type, `=`, value as `#` and hex or as a string with escapes, and what ends it; spaces around the signs are passed over
const attributePattern =
  /[ ]*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)[ ]*=[ ]*(?:#((?:[0-9A-Fa-f]{2})+)|((?:\\[\\"+,;<>=# ]|\\[0-9A-Fa-f]{2}|[^\\"+,;<>\0])*?))[ ]*([,+]|$)/y

/**
 * Reads the string form of a name, which begins with the leaf: `CN=reporter,O=Example,C=DE`.
 *
 * @throws {TypeError} with what is wrong with it.
 * @see RFC 4514 §3
 */
export const parseDistinguishedName = (text: string): DistinguishedName => {
  if (text.length > maxLength) throw new TypeError(`a distinguished name may have ${maxLength} characters`)
  const names: Attribute[][] = []
  let before: string | undefined = ','
  attributePattern.lastIndex = 0
  while (before !== '') {
    const at = attributePattern.lastIndex
    const [, type, hex, escaped, end] = attributePattern.exec(text) ?? []
    if (type === undefined)
      throw new TypeError(`not a distinguished name (RFC 4514) from ${JSON.stringify(text.slice(at, at + 40))}`)
    const attribute = {
      type: typeOf(type),
      value: hex === undefined ? `=${readEscapes(escaped ?? '')}` : `#${hex.toLowerCase()}`,
    }
    if (before === '+') names.at(-1)?.push(attribute)
    else names.push([attribute])
    before = end
  }
  return names.reverse()
}

const typeOf = (name: string): string => {
  const type = /^\d/.test(name) ? name : attributeTypes[name.toUpperCase()]
  if (type === undefined) {
    throw new TypeError(`${name} is no attribute type known here: write its object identifier in digits and dots`)
  }
  return type
}

/** §2.4: a backslash and two hex digits are an octet of UTF-8. */
const readEscapes = (text: string): string => {
  const octets: number[] = []
  for (const [part] of text.matchAll(/\\[0-9A-Fa-f]{2}|\\?./gsu)) {
    if (/^\\[0-9A-Fa-f]{2}$/.test(part)) octets.push(Number.parseInt(part.slice(1), 16))
    else octets.push(...Buffer.from(part.length > 1 && part.startsWith('\\') ? part.slice(1) : part))
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(octets))
  } catch {
    throw new TypeError('the escapes in a distinguished name must be UTF-8')
  }
}

/** The string form, with every character that could be misread escaped. */
export const formatDistinguishedName = (name: DistinguishedName): string =>
  name
    .map((relative) => relative.map(formatAttribute).join('+'))
    .reverse()
    .join(',')

const formatAttribute = ({ type, value }: Attribute): string => {
  const shown = shortNames.get(type) ?? type
  if (value.startsWith('#')) return `${shown}=${value}`
  const escaped = value
    .slice(1)
    .replace(/[\\"+,;<>=]|^[# ]| $/g, '\\$&')
    // a control character is no text
    .replace(/\p{Cc}/gu, (character) => Buffer.from(character).reduce((text, octet) => `${text}\\${hexOf(octet)}`, ''))
  return `${shown}=${escaped}`
}

const hexOf = (octet: number) => octet.toString(16).padStart(2, '0')

/**
 * Whether two names are the same: the same sequence of sets of attributes, each value to the letter.
 *
 * Stricter than RFC 5280 §7.1, which lets case and spaces differ: two authorities may tell clients apart by them.
 */
export const isSameName = (one: DistinguishedName, other: DistinguishedName): boolean => nameKey(one) === nameKey(other)

/** A text that is equal for equal names and for no others. */
export const nameKey = (name: DistinguishedName): string =>
  JSON.stringify(name.map((relative) => relative.map(({ type, value }) => `${type}${value}`).sort()))
