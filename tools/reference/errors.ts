/** docs/reference/errors.md, from the tables of codes. */
import { tokenErrorCodes } from '@credence/client'
import { jwtErrorCodes } from '@credence/jwt'
import { oauthErrorCodes } from '@credence/protocol'
import { problems } from '@credence/server'
import { refusalCodes } from '@credence/verifier'
import { generatedNote, type ReferencePage, table } from './page.ts'

const described = (codes: Readonly<Record<string, string>>) =>
  table(
    ['code', 'when'],
    Object.entries(codes).map(([code, when]) => [`\`${code}\``, when]),
  )

export const errorsPage: ReferencePage = {
  path: 'docs/reference/errors.md',
  render: () => `${generatedNote}

# Error codes

Every error has a code that stays the same; messages are for people and may change.

## The token endpoint and challenges

\`error\` of the answer's JSON (RFC 6749 §5.2) or of the WWW-Authenticate challenge (RFC 6750 §3). The status is another one where HTTP has a
better word: 404, 405, 413, 415.

${table(
  ['code', 'status', 'source'],
  Object.entries(oauthErrorCodes).map(([code, { status, source }]) => [`\`${code}\``, String(status), source]),
)}

## The management API

\`code\` of the problem document (RFC 9457).

${table(
  ['code', 'status', 'title'],
  Object.entries(problems).map(([code, { status, title }]) => [`\`${code}\``, String(status), title]),
)}

## @credence/client

\`code\` of a \`TokenError\`.

${described(tokenErrorCodes)}

## @credence/verifier

\`code\` of a refusal. A refusal is a value and not thrown.

${described(refusalCodes)}

Where the token itself is at fault, one of these, which are also the codes of a \`JwtError\` of @credence/jwt:

${described(jwtErrorCodes)}
`,
}
