/** Text that a stranger chose, made fit to be kept: bounded, and without what could break a line or turn text around. */

import { withoutSecrets } from '../client_auth/secrets/client_secret.ts'

const maxLength = 128

// controls; line and paragraph separators; direction marks; lone surrogates, which no database takes
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu

/** At most 128 characters, each unsafe one as its JavaScript escape, and no client secret of ours. */
export const printable = (text: string): string =>
  withoutSecrets(text)
    .slice(0, maxLength)
    .replace(unsafe, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
