/** What a JWT says, for tests that look at what was sent. */
export interface DecodedJwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

export const decodeJwt = (jwt: string | null | undefined): DecodedJwt => {
  const [header = '', payload = ''] = (jwt ?? '').split('.')
  const parse = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  return { header: parse(header), payload: parse(payload) }
}
