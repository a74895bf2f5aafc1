/** A process of its own, for tests that kill one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Child {
  /** The next line that it prints, or undefined when it has ended. */
  nextLine(): Promise<string | undefined>
  /** kill -9. Resolves with the lines that it had printed and nobody has read. */
  kill(): Promise<readonly string[]>
  /** Resolves with the exit code. */
  ended: Promise<number | null>
}

/** Starts a TypeScript file of this folder. */
export const startChild = (file: string, ...parameters: readonly string[]): Child => {
  const script = new URL(file, import.meta.url).pathname
  const child: ChildProcess = spawn(process.execPath, ['--conditions=@credence/source', script, ...parameters], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.stdout === null) throw new Error('no standard output')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = once(child, 'exit').then(([code]) => code)
  const nextLine = async () => {
    const { done, value } = await lines.next()
    return done ? undefined : value
  }
  const kill = async () => {
    child.kill('SIGKILL')
    const unread: string[] = []
    for (let line = await nextLine(); line !== undefined; line = await nextLine()) unread.push(line)
    await ended
    return unread
  }
  return { nextLine, kill, ended }
}
