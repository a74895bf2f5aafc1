/** What `credence revoke` does, and what it says of it. */
import { usageError } from '../cli_error.ts'
import { openManagement } from '../management/management_client.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { formatTime } from '../terminal/times.ts'
import { readToken } from './inspect_token.ts'
import type { RevokeOptions } from './revoke.ts'

interface RevocationDocument {
  readonly jti?: string
  readonly client_id?: string
  readonly credential_id?: string
  readonly audience?: string
  readonly issued_before?: number
  readonly tokens_alive_at_most?: number
  readonly tokens_expire_by: number
}

export const revokeTokens = async (options: RevokeOptions): Promise<void> => {
  const body = await bodyOf(options)
  const revocation = await (await openManagement(options.data)).post<RevocationDocument>('/revocations', body)
  if (options.json) return printJson(revocation)
  printLines(describe(revocation, Math.floor(Date.now() / 1000)))
}

const bodyOf = async ({ token, credential, client, audience, all, before }: RevokeOptions) => {
  const many = {
    ...(credential !== undefined && { credential_id: credential }),
    ...(client !== undefined && { client_id: client }),
    ...(audience !== undefined && { audience }),
    ...(all && { all }),
    ...(before !== undefined && { issued_before: before }),
  }
  const isNamed = credential !== undefined || client !== undefined || audience !== undefined
  if (token !== undefined) {
    if (isNamed || all || before !== undefined)
      throw usageError('--token names one token: no other option goes with it')
    return { token: await readToken(token) }
  }
  if (!isNamed && !all) throw usageError('whose tokens? give --token, --credential, --client, --audience or --all')
  if (isNamed && all) throw usageError('--all is every token: nothing else names them')
  return many
}

const describe = (revocation: RevocationDocument, now: number): readonly string[] => [
  `denied: ${whatOf(revocation)}`,
  ...countOf(revocation, now),
  'From now on introspection says that they are inactive and the revocation feed tells the APIs that follow it.',
  'An API that does neither goes on accepting a signed token until it expires.',
]

const whatOf = ({ jti, client_id: client, credential_id: credential, audience, issued_before }: RevocationDocument) => {
  if (jti !== undefined) return `the token ${jti}${client === undefined ? '' : ` of ${client}`}`
  const names = [
    ...(client === undefined ? [] : [`of client ${client}`]),
    ...(credential === undefined ? [] : [`got with ${credential}`]),
    ...(audience === undefined ? [] : [`for ${audience}`]),
  ]
  const before = new Date((issued_before ?? 0) * 1000).toISOString().replace('.000', '')
  const whose = names.length === 0 ? 'of this server' : names.join(', ')
  return `every token ${whose} that was issued before ${before}`
}

const countOf = (
  { jti, tokens_alive_at_most: atMost, tokens_expire_by: until }: RevocationDocument,
  now: number,
): readonly string[] => {
  if (until <= now || (jti !== undefined && atMost === 0)) return ['None of them can still be alive.']
  if (jti !== undefined) return [`It would have lived until ${formatTime(until)}.`]
  const count = atMost === undefined ? 'More than can be counted quickly' : `At most ${atMost}`
  return [
    `${count} of them can still be alive, and none after ${formatTime(until)}. That is what was issued in the hours that matter,`,
    'but for the last ten seconds on other replicas, which are not counted yet.',
  ]
}
