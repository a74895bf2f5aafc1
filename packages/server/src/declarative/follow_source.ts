/** Follows a declarative source: a round whenever it changes and at every interval, one at a time, less often while they fail. */
import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readSourceTexts, type SourceText } from './source_texts.ts'

export interface FollowOptions {
  /** One round. It says itself what went wrong; when it resolves to false or throws, the next ones come less often. */
  readonly round: (texts: () => Promise<readonly SourceText[]>) => Promise<boolean>
  /** Between two rounds when nothing changes: what repairs drift. Milliseconds. */
  readonly intervalMs: number
  /** Whether the timers keep the process alive. */
  readonly keepAlive: boolean
}

export interface SourceFollower {
  /** Ends when the round that is under way has. */
  stop(): Promise<void>
}

/** A change is often several events: a write and a rename, or the swap of a link. */
const settleMs = 100
/** A source that never comes to rest is read all the same. */
const maxSettling = 20
/** After the first failure; doubled with each that follows, up to the interval. */
const firstRetryMs = 1_000

/** How long to wait for the next round when nothing changes. Milliseconds. */
export const waitBefore = (failures: number, intervalMs: number): number =>
  failures === 0 ? intervalMs : Math.min(intervalMs, firstRetryMs * 2 ** Math.min(failures - 1, 16))

/** Begins with a round at once. */
export const followSource = (path: string, { round, intervalMs, keepAlive }: FollowOptions): SourceFollower => {
  let stopped = false
  let failures = 0
  let isRunning = false
  let changedMeanwhile = false
  let lastRead: string | undefined
  let dueAt = 0
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  let watcher: FSWatcher | undefined

  const schedule = (ms: number) => {
    clearTimeout(timer)
    if (stopped) return
    timer = setTimeout(() => {
      running = look()
    }, ms)
    if (!keepAlive) timer.unref()
  }

  const noteChange = () => {
    if (isRunning) changedMeanwhile = true
    else schedule(settleMs)
  }

  const look = async () => {
    isRunning = true
    // watched anew each time, because the folder itself may have been replaced; the old watch goes only after that
    const before = watcher
    watcher = await watchFolderOf(path, noteChange)
    before?.close()
    changedMeanwhile = false
    const read = await readSettledTexts(path).catch((error: unknown) => ({ error }))
    const content = 'error' in read ? String(read.error) : JSON.stringify(read)
    // much can change in a folder that is nothing to this source
    if (content !== lastRead || performance.now() >= dueAt) {
      const isDone = await round(async () => {
        if ('error' in read) throw read.error
        return read
      }).catch(() => false)
      lastRead = content
      failures = isDone ? 0 : failures + 1
      dueAt = performance.now() + waitBefore(failures, intervalMs)
    }
    isRunning = false
    schedule(changedMeanwhile ? settleMs : Math.max(settleMs, dueAt - performance.now()))
  }

  schedule(0)
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
      watcher?.close()
    },
  }
}

/** Reads until two readings are the same: half a file can be a valid file. */
export const readSettledTexts = async (path: string): Promise<readonly SourceText[]> => {
  let texts = await readSourceTexts(path)
  for (let attempt = 0; attempt < maxSettling; attempt++) {
    await delay(settleMs)
    const again = await readSourceTexts(path)
    if (JSON.stringify(again) === JSON.stringify(texts)) return again
    texts = again
  }
  return texts
}

/** Watches the folder, never the file: an editor's rename and Kubernetes' swap of a link are changes of the folder. */
const watchFolderOf = async (path: string, onChange: () => void): Promise<FSWatcher | undefined> => {
  try {
    const folder = (await stat(path)).isDirectory() ? path : dirname(path)
    const watcher = watch(folder, { persistent: false }, onChange)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    // no folder yet, or no watches left on this machine: the interval remains
    return undefined
  }
}
