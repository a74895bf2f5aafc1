/** What the commands of `credence keys` do. */
import { openManagement, pathOf } from '../management/management_client.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { printTable } from '../terminal/print_table.ts'
import { formatDuration, formatTime } from '../terminal/times.ts'
import type { JsonOption, ManagementOptions } from './command_options.ts'

interface KeyDocument {
  readonly kid: string
  readonly alg: string
  readonly status: 'published' | 'active' | 'retired'
  readonly created_at: number
  readonly activates_at?: number
  readonly activated_at?: number
  readonly retired_at?: number
  readonly removed_at?: number
}

export const listKeys = async ({ data, json }: ManagementOptions): Promise<void> => {
  const { items } = await (await openManagement(data)).get<{ items: readonly KeyDocument[] }>('/signing-keys')
  if (json) return printJson({ items })
  printTable(
    ['KEY', 'ALG', 'STATUS', 'CREATED', 'SIGNS FROM', 'UNTIL', 'REMOVED'],
    items.map((key) => [
      key.kid,
      key.alg,
      key.status,
      formatTime(key.created_at),
      formatTime(key.activated_at ?? key.activates_at),
      formatTime(key.retired_at),
      formatTime(key.removed_at),
    ]),
    'there is no signing key yet; the first token makes one',
  )
}

export interface RotateOptions extends ManagementOptions {
  readonly alg?: string
  readonly now?: true
}

interface Rotation {
  readonly key: KeyDocument
  readonly replaces?: string
  readonly verifiers_may_refuse_for_seconds: number
}

export const rotateKey = async ({ data, json, alg, now }: RotateOptions): Promise<void> => {
  const body = { ...(alg !== undefined && { alg }), ...(now !== undefined && { now }) }
  const rotated = await (await openManagement(data)).post<Rotation>('/signing-keys/rotate', body)
  if (json) return printJson(rotated)
  printLines(describeRotation(rotated))
}

const describeRotation = ({ key, replaces, verifiers_may_refuse_for_seconds: refuse }: Rotation): readonly string[] => [
  key.status === 'active'
    ? `${key.alg} key ${key.kid} signs now`
    : `${key.alg} key ${key.kid} is published and signs from ${formatTime(key.activates_at)} on, by itself`,
  ...(replaces === undefined ? [] : [`  replaces  ${replaces}, which goes on verifying the tokens it has signed`]),
  ...(refuse === 0
    ? []
    : [
        `  cost      a verifier whose key set is older may refuse new tokens for up to ${formatSeconds(refuse)},`,
        '            unless it reads the key set anew when it meets an unknown key',
      ]),
]

interface Revocation {
  readonly revoked: KeyDocument
  readonly active?: KeyDocument
  readonly verifiers_may_accept_for_seconds: number
  readonly tokens_live_for_seconds: number
}

export const revokeKey = async (kid: string, { data, json }: ManagementOptions): Promise<void> => {
  const answer = await (await openManagement(data)).post<Revocation>(pathOf`/signing-keys/${kid}/revoke`, {})
  if (json) return printJson(answer)
  const { revoked, active } = answer
  printLines([
    `${revoked.alg} key ${revoked.kid} is out of the key set; it was ${revoked.status}`,
    ...(active === undefined ? [] : [`  now signs  ${active.kid}`]),
    `  verifiers  may accept it for up to ${formatSeconds(answer.verifiers_may_accept_for_seconds)} more, as long as they keep a key set`,
    `  tokens     under it would have lived for up to ${formatSeconds(answer.tokens_live_for_seconds)} more; callers have to ask for new ones`,
  ])
}

const formatSeconds = (seconds: number): string => `${seconds}s (${formatDuration(seconds)})`

export interface RewrapOptions extends JsonOption {
  readonly data?: string
}

export const rewrap = async ({ data, json }: RewrapOptions): Promise<void> => {
  // loaded only where it is needed: the other commands talk to a server
  const { resolveConfiguration, rewrapStore } = await import('@credence/server')
  const configuration = resolveConfiguration({ flags: { data }, environment: process.env, file: undefined })
  const sealedAnew = await rewrapStore(configuration)
  if (json) return printJson({ sealed_anew: sealedAnew })
  printLines([
    sealedAnew === 0 ? 'everything was sealed under the master key already' : `${sealedAnew} secrets are sealed anew`,
    'the previous master key opens nothing in this database any more, though it may in backups',
  ])
}
