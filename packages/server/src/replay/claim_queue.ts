/**
 * Claims turn by turn: what arrives in one turn of the event loop, and while a write is under way, is claimed together in
 * the next, so that one durable write serves many requests. RFC 7523 §3.
 */
import { type ReplayClaim, type ReplayStore, StoreError } from '@credence/storage'

export interface ClaimQueue extends Pick<ReplayStore, 'claim'> {
  /** How many claims have not been answered. */
  readonly waiting: number
}

export interface ClaimQueueOptions {
  /** Claims in one write at most. */
  readonly mostTogether?: number
  /** Claims that wait at most; more are refused at once. */
  readonly mostWaiting?: number
  /** Who has not been answered after this long is told that the store does not answer. Milliseconds. */
  readonly patienceMs?: number
}

interface Job {
  readonly claims: readonly ReplayClaim[]
  readonly resolve: (claimed: readonly boolean[]) => void
  readonly reject: (error: unknown) => void
}

/** Jobs that are written together, and given up together. */
interface Group {
  jobs: Job[]
  size: number
  readonly patience: NodeJS.Timeout
}

/**
 * A store that is slow makes the queue longer and no request wait longer than the patience: it is answered with
 * `unavailable`, and its claim may have been stored all the same.
 */
export const createClaimQueue = (
  store: Pick<ReplayStore, 'claim'>,
  { mostTogether = 1_000, mostWaiting = 10_000, patienceMs = 1_750 }: ClaimQueueOptions = {},
): ClaimQueue => {
  const groups: Group[] = []
  let waiting = 0
  let writing = false

  const end = (group: Group, answer: (job: Job) => void) => {
    clearTimeout(group.patience)
    const { jobs } = group
    group.jobs = []
    waiting -= group.size
    group.size = 0
    for (const job of jobs) answer(job)
  }

  const giveUp = (group: Group) => {
    const at = groups.indexOf(group)
    if (at !== -1) groups.splice(at, 1)
    const error = new StoreError('unavailable', `the store did not answer within ${patienceMs} ms`)
    end(group, ({ reject }) => reject(error))
  }

  const write = async (group: Group) => {
    try {
      const claimed = await store.claim(group.jobs.flatMap(({ claims }) => claims))
      let start = 0
      end(group, ({ claims, resolve }) => {
        resolve(claimed.slice(start, start + claims.length))
        start += claims.length
      })
    } catch (error) {
      end(group, ({ reject }) => reject(error))
    }
  }

  const writeAll = async () => {
    for (let next = groups.shift(); next !== undefined; next = groups.shift()) await write(next)
    writing = false
  }

  const openGroup = (size: number): Group => {
    const last = groups.at(-1)
    if (last !== undefined && last.size + size <= mostTogether) return last
    const opened: Group = { jobs: [], size: 0, patience: setTimeout(() => giveUp(opened), patienceMs) }
    groups.push(opened)
    return opened
  }

  return {
    claim: (claims) =>
      new Promise((resolve, reject) => {
        if (waiting + claims.length > mostWaiting) {
          reject(new StoreError('unavailable', `${mostWaiting} one-time values wait to be claimed`))
          return
        }
        const group = openGroup(claims.length)
        group.jobs.push({ claims, resolve, reject })
        group.size += claims.length
        waiting += claims.length
        if (writing) return
        writing = true
        setImmediate(writeAll)
      }),
    get waiting() {
      return waiting
    },
  }
}
