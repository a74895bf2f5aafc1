/** A plan for people: a diff, in colour on a terminal, plain elsewhere and where NO_COLOR is set (https://no-color.org). */
import { styleText } from 'node:util'
import { escapeControls } from '../terminal/escape_controls.ts'
import type { Change, MemberChange, MemberValue, Outcome, WrittenSecret } from './outcome.ts'

type Style = 'green' | 'yellow' | 'red' | 'none'

interface Line {
  readonly text: string
  readonly style: Style
}

export interface PrintOptions {
  readonly dryRun: boolean
  readonly secrets: readonly WrittenSecret[]
}

export const printOutcome = (outcome: Outcome, options: PrintOptions): void => {
  const lines = [...describeChanges(outcome.changes), ...describeRest(outcome, options)]
  process.stdout.write(lines.map((line) => `${paint(line)}\n`).join(''))
}

/** What comes from elsewhere is escaped first, so that the only control characters are the colours. */
const paint = ({ text, style }: Line): string => {
  const escaped = escapeControls(text)
  return style === 'none' ? escaped : styleText(style, escaped, { stream: process.stdout })
}

export const describeChanges = (changes: readonly Change[]): readonly Line[] => changes.flatMap(describeChange)

const signs = {
  create: { sign: '+', style: 'green' },
  update: { sign: '~', style: 'yellow' },
  delete: { sign: '-', style: 'red' },
} as const

const describeChange = ({ action, members, ...change }: Change): readonly Line[] => {
  const { sign, style } = signs[action]
  const width = Math.max(...members.map(({ member }) => member.length))
  return [
    { text: `${sign} ${nameOf(change)}`, style },
    // of what goes, all goes, and what it was is of no use any more; a credential has no other name that says anything
    ...(action === 'delete' && change.kind !== 'credential'
      ? []
      : members.flatMap((member) => describeMember(member, width))),
  ]
}

const nameOf = ({ kind, client_id, audience, credential_id }: Omit<Change, 'action' | 'members'>): string => {
  if (kind === 'grant') return `grant of ${client_id} on ${audience}`
  if (kind === 'credential')
    return `credential ${credential_id === undefined ? '' : `${credential_id} `}of ${client_id}`
  return `${kind} ${client_id ?? audience}`
}

/** Of lists only what comes and what goes. */
const describeMember = ({ member, before, after }: MemberChange, width: number): readonly Line[] => {
  const [gone, come] =
    isList(before) && isList(after) ? [without(before, after), without(after, before)] : [before, after]
  const line = (sign: string, value: MemberValue) => `    ${sign} ${member.padEnd(width)}  ${formatValue(value)}`
  return [
    ...(isNothing(gone) ? [] : [{ text: line('-', gone), style: 'red' as const }]),
    ...(isNothing(come) ? [] : [{ text: line('+', come), style: 'green' as const }]),
  ]
}

const isList = (value: MemberValue | undefined): value is readonly string[] => Array.isArray(value)

const without = (list: readonly string[], other: readonly string[]) => list.filter((item) => !other.includes(item))

const isNothing = (value: MemberValue | undefined): value is undefined =>
  value === undefined || (isList(value) && value.length === 0)

const formatValue = (value: MemberValue): string => {
  if (isList(value)) return value.join(' ')
  if (typeof value !== 'object') return String(value)
  return Object.entries(value)
    .map(([name, part]) => `${name} ${part}`)
    .join(', ')
}

const describeRest = (outcome: Outcome, { dryRun, secrets }: PrintOptions): readonly Line[] => {
  const texts = [summarize(outcome, dryRun), ...describeAdopted(outcome, dryRun)]
  for (const { client_id, file } of secrets) texts.push(`secret of ${client_id}: ${file}`)
  if (!dryRun) texts.push(...describeWithoutCredential(outcome))
  return texts.map((text) => ({ text, style: 'none' }))
}

/** In one line: what was done, or what would be. */
export const summarize = ({ changes }: Outcome, dryRun: boolean): string => {
  if (changes.length === 0) return 'nothing to do: the server is as the file says'
  const counts = Object.entries({ create: 'created', update: 'changed', delete: 'deleted' }).flatMap(
    ([action, done]) => {
      const count = changes.filter((change) => change.action === action).length
      return count === 0 ? [] : [`${count} ${dryRun ? 'to be ' : ''}${done}`]
    },
  )
  return counts.join(', ')
}

const describeAdopted = ({ adopted, changes }: Outcome, dryRun: boolean): readonly string[] => {
  const created = new Set(changes.filter(({ action }) => action === 'create').map(nameOf))
  const names = [...adopted.apis.map((audience) => `api ${audience}`), ...adopted.clients.map((id) => `client ${id}`)]
  const count = names.filter((name) => !created.has(name)).length
  const when = dryRun ? 'would be declared' : 'declared from now on'
  return count === 0 ? [] : [`${count} already there, ${when}: --prune may delete what the file does not say any more`]
}

const maxNamed = 10

const describeWithoutCredential = ({ clients_without_credential: clients }: Outcome): readonly string[] => {
  if (clients.length === 0) return []
  const named = clients.slice(0, maxNamed).join(', ')
  const more = clients.length > maxNamed ? ` and ${clients.length - maxNamed} more` : ''
  return [
    `no credential yet: ${named}${more}; credence credential add CLIENT gives one, --create-secrets FOLDER one to each`,
  ]
}
