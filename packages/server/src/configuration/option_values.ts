/** How the values of options are read from text. Each throws with what is wrong with the text. */
import { resolve } from 'node:path'
import { isIssuer, isSecureUrl } from '@credence/protocol'
import { type CertificateHeader, certificateHeaderForms, readCertificateHeader } from '../http/client_certificate.ts'
import { readMasterKey } from '../key_material/master_key_text.ts'

/** @throws what is wrong with a value; which option it is for is said elsewhere. */
export const fail = (message: string): never => {
  throw new Error(message)
}

export const integer = (least: number, most: number) => (text: string) => {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return number >= least && number <= most ? number : fail(`must be a whole number from ${least} to ${most}`)
}

export const parsePort = integer(0, 65535)

export const parseIssuer = (text: string): string => {
  if (!isIssuer(text)) fail('must be an http(s) URL without query and fragment')
  // RFC 3986 §2: a URI is ASCII; a name in another script is written as xn--
  if (!/^[\x21-\x7e]+$/.test(text)) fail('must be written in ASCII')
  return isSecureUrl(new URL(text)) ? text : fail('must be https, or http on a loopback address')
}

export const parseDatabaseUrl = (text: string): string =>
  /^postgres(?:ql)?:\/\//.test(text) ? text : fail('must be a postgres:// URL')

/** Kept as it was written: what is sealed under it is opened elsewhere. */
export const parseMasterKeyText = (text: string): string => {
  readMasterKey(text)
  return text
}

export const parseFile = (text: string): string => (text === '' ? fail('must be a file') : resolve(text))

export const headerForms = Object.keys(certificateHeaderForms).join(', ')

export const parseCertificateHeader = (text: string): CertificateHeader =>
  readCertificateHeader(text) ?? fail(`must be one of ${headerForms}, and may have the header’s name after a colon`)

export const parseHost = (text: string): string =>
  /^[A-Za-z0-9.:_-]+$/.test(text) ? text : fail('must be a host name or an address')

export const oneOf =
  <T extends string>(values: readonly T[]) =>
  (text: string): T =>
    values.find((value) => value === text) ?? fail(`must be one of ${values.join(', ')}`)
