/** How a rotation is told: sentences for people, one event a line for programs. */
import { printJson, printLines } from '../terminal/print.ts'
import { formatDuration } from '../terminal/times.ts'
import type { CredentialOutlook } from './credential_api.ts'
import { describeNewSecret } from './describe_credentials.ts'
import type { RotationReport } from './rotate.ts'
import type { RotationState, Wait } from './rotation_state.ts'

/** The same is said again after this time, so that a rotation left running is seen to run. */
const repeatMs = 60_000

/** @param now milliseconds that only grow */
export const reportToPeople = (now: () => number): RotationReport => {
  const say = sayWhatIsNew(now)
  return {
    added(secret, { older }) {
      printLines(describeNewSecret(secret))
      const ids = older.map(({ credential_id: id }) => id).join(' ')
      printLines(
        older.length === 0
          ? ['', '# There is no older one: nothing to retire.']
          : [
              '',
              `# Give it to every deployment of the client. Then ${ids} can go.`,
              '# Ctrl-C leaves everything as it is.',
            ],
      )
    },
    resumed({ next, older }) {
      const ids = older.map(({ credential_id: id }) => id).join(' ')
      printLines([
        older.length === 0 ? `no older one than ${next.credential_id}` : `from ${ids} to ${next.credential_id}`,
      ])
    },
    status: (state) => say(state.waits.join(' '), () => describeWaits(state)),
    away: (reason) => say('away', () => [`no answer, asking again: ${reason}`]),
    revoked: (credential) => printLines([`revoked ${credential}: it gets no more tokens`]),
    done: ({ next }) => printLines([`done: ${next.credential_id} is the one in use`]),
  }
}

export const reportToPrograms = (now: () => number): RotationReport => {
  const say = sayWhatIsNew(now, printJson)
  return {
    added: (secret, state) => printJson({ event: 'added', ...secret, ...summarize(state) }),
    resumed: (state) => printJson({ event: 'resumed', ...summarize(state) }),
    status: (state) => say(state.waits.join(' '), () => [{ event: 'waiting', ...summarize(state) }]),
    away: (reason) => say('away', () => [{ event: 'away', reason }]),
    revoked: (credential) => printJson({ event: 'revoked', credential_id: credential }),
    done: ({ next }) => printJson({ event: 'done', credential_id: next.credential_id }),
  }
}

const sayWhatIsNew = <T = string>(
  now: () => number,
  print: (line: T) => void = (line) => printLines([String(line)]),
) => {
  let said = ''
  let saidAt = 0
  return (key: string, describe: () => readonly T[]) => {
    if (key === said && now() - saidAt < repeatMs) return
    said = key
    saidAt = now()
    for (const line of describe()) print(line)
  }
}

const describeWaits = (state: RotationState): readonly string[] => {
  const words: Record<Wait, () => string> = {
    new_unused: () => `waiting for the first use of ${state.next.credential_id}`,
    older_in_use: () =>
      `waiting until the older ones were not used for ${formatDuration(state.quiet)}: ${state.older.map(describeUse).join('; ')}`,
    overlap: () => `waiting until the overlap is over`,
  }
  return state.waits.map((wait) => words[wait]())
}

const describeUse = ({
  credential_id: id,
  last_used_at: usedAt,
  idle_seconds: idle,
  ...last
}: CredentialOutlook): string => {
  if (usedAt === undefined) return `${id} never, in ${formatDuration(idle)}`
  const from = last.last_used_from === undefined ? '' : ` from ${last.last_used_from}`
  const by = last.last_used_user_agent === undefined ? '' : ` by ${last.last_used_user_agent}`
  return `${id} ${formatDuration(idle)} ago${from}${by}`
}

const summarize = ({ next, older, waits, quiet }: RotationState) => ({
  credential_id: next.credential_id,
  last_used_at: next.last_used_at,
  older: older.map(({ credential_id, idle_seconds, last_used_at, last_used_from, last_used_user_agent }) => ({
    credential_id,
    idle_seconds,
    last_used_at,
    last_used_from,
    last_used_user_agent,
  })),
  waiting_for: waits,
  quiet_seconds: quiet,
})
