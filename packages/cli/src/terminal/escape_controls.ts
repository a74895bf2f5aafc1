/** Text from elsewhere, made fit for a terminal: no control character and no direction mark reaches it raw. */

// C0, DEL and C1; line and paragraph separators; what turns the direction of text around; lone surrogates
const unsafe = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu

/** Control characters written as JavaScript escapes. A backslash is left as it is: the result is for reading, not for parsing. */
export const escapeControls = (text: string): string =>
  text.replace(unsafe, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
