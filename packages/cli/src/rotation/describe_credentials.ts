/** Credentials in words and tables. */
import { printLines } from '../terminal/print.ts'
import { printTable } from '../terminal/print_table.ts'
import { formatTime } from '../terminal/times.ts'
import type { CredentialDocument, CredentialOutlook, NewCredentialDocument } from './credential_api.ts'

export const describeNewSecret = (added: NewCredentialDocument): readonly string[] => [
  `# ${added.credential_id} of ${added.client_id}. The secret is shown this once; the older ones go on working.`,
  ...(added.client_secret_expires_at === 0 ? [] : [`# It expires ${formatTime(added.client_secret_expires_at)}.`]),
  `CREDENCE_CLIENT_ID=${added.client_id}`,
  `CREDENCE_CLIENT_SECRET=${added.client_secret}`,
]

/** Of all but a secret: what the client has to present, a sentence on each line. */
export const describeAccepted = ({ accepts }: CredentialDocument): readonly string[] => {
  if (accepts === undefined) return []
  // of a platform's tokens there are several sentences; of a key or a certificate half of one
  return accepts.startsWith('It ') ? accepts.split(/(?<=\.) (?=[A-Z]|\S+ must )/) : [`It accepts ${accepts}.`]
}

/** The private half of a key that was made here. */
export const describeKeyFile = (file: string): readonly string[] => [
  '# The private key. Keep it where the service reads its secrets; nobody else has it.',
  `CREDENCE_CLIENT_KEY_FILE=${file}`,
]

export const printCredentials = (items: readonly CredentialOutlook[], nothing: string): void => {
  printTable(
    ['CREDENTIAL', 'LABEL', 'STATUS', 'KIND', 'CREATED', 'EXPIRES', 'LAST USED', 'FROM', 'BY'],
    items.map((credential) => [
      credential.credential_id,
      credential.label ?? '-',
      credential.status,
      credential.kind,
      formatTime(credential.created_at),
      formatTime(credential.expires_at),
      credential.last_used_at === undefined ? 'never' : formatTime(credential.last_used_at),
      credential.last_used_from ?? '-',
      credential.last_used_user_agent ?? '-',
    ]),
    nothing,
  )
  const live = items.filter(({ status }) => status === 'live')
  if (live.length > 0) printLines(['', ...live.flatMap(describeOutlook)])
}

/** What can be said of a credential that works: whether it can go, and whether it will by itself. */
export const describeOutlook = (credential: CredentialOutlook): readonly string[] => {
  const { credential_id: id, retirement, warning, replaces } = credential
  return [
    `${id}  ${retirement.safe ? 'safe to delete' : 'not safe to delete'}: ${retirement.because}`,
    ...describeAccepted(credential).map((line) => `${id}  ${line}`),
    ...(warning === undefined ? [] : [`${id}  warning: ${warning}`]),
    ...(replaces === undefined ? [] : [`${id}  made by the client itself, to replace ${replaces}`]),
  ]
}
