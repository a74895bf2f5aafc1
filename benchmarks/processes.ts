/** Processes under measurement: pinned to a core, asked when they are ready, and what the kernel says they use. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'

/** The server has one core to itself; the load generator gets another. */
export const serverCore = 0
export const generatorCore = 1

const canPin = (() => {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return availableParallelism() > generatorCore
  } catch {
    return false
  }
})()

export const pinning = canPin ? 'server and load generator each on a core of its own' : 'not pinned'

/** Starts a Node process on one core, where the machine allows it. */
export const spawnNode = (core: number, args: readonly string[]): ChildProcess => {
  const [command = process.execPath, ...rest] = canPin
    ? ['taskset', '-c', String(core), process.execPath, ...args]
    : [process.execPath, ...args]
  return spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
}

const readyTimeoutMs = 30_000

/**
 * Returns the first JSON line that a process prints.
 *
 * @throws when it ends, or 30 seconds pass, before there is one.
 */
export const readReady = async (child: ChildProcess): Promise<Record<string, unknown>> => {
  const { stdout } = child
  if (stdout === null) throw new TypeError('the process has no standard output')
  const timeout = setTimeout(() => child.kill('SIGKILL'), readyTimeoutMs)
  try {
    for await (const line of createInterface({ input: stdout })) if (line.startsWith('{')) return JSON.parse(line)
  } finally {
    clearTimeout(timeout)
    stdout.resume()
  }
  throw new Error(`${child.spawnargs.join(' ')}: ended before it was ready`)
}

export const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** @throws when the process could not be started. */
export const pidOf = ({ pid, spawnargs }: ChildProcess): number => {
  if (pid === undefined) throw new Error(`could not start ${spawnargs.join(' ')}`)
  return pid
}

/** User and system CPU seconds that a process has used since it started (proc(5), fields 14 and 15 of stat, 100 ticks a second). */
export const cpuSecondsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Resident memory of a process in bytes, its share of the Node binary's pages included. */
export const residentBytesOf = (pid: number): number => {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1024
}
