/** A process of the demo: started, followed line by line, stopped. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { CliError } from '../cli_error.ts'

export interface ServiceProcess {
  readonly pid: number | undefined
  /** Every line of standard output so far, oldest first; bounded. */
  readonly lines: readonly string[]
  /** The first match among the lines from `from` on, those to come included. @throws {CliError} `demo_failed` when the process ends or time is up. */
  waitFor(pattern: RegExp, from?: number): Promise<RegExpExecArray>
  /** Asks it to stop, and makes it when it does not. */
  stop(): Promise<void>
}

export interface ServiceOptions {
  readonly name: string
  /** What Node runs, and with which arguments. */
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Ends every wait. */
  readonly signal: AbortSignal
}

const waitMs = 10_000
const stopMs = 5_000
const maxLines = 100_000
const maxErrorLength = 2_000

export const startService = ({ name, args, environment, signal }: ServiceOptions): ServiceProcess => {
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    env: { ...inheritedEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const listeners = new Set<() => void>()
  const notify = () => {
    for (const listener of listeners) listener()
  }
  let complaints = ''
  let ended = false
  createInterface(child.stdout).on('line', (line) => {
    if (lines.length < maxLines) lines.push(line)
    notify()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = `${complaints}${text}`.slice(-maxErrorLength)
  })
  const end = new Promise<void>((resolve) => {
    // close comes after the last of its output
    child.once('close', resolve).once('error', resolve)
  }).then(() => {
    ended = true
    notify()
  })

  const waitFor = (pattern: RegExp, from = 0) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(waitMs)])
      let next = from
      const settle = (act: () => void) => {
        listeners.delete(look)
        deadline.removeEventListener('abort', giveUp)
        act()
      }
      const giveUp = () =>
        settle(() => reject(signal.aborted ? signal.reason : failure(`${name} did not print ${pattern}`)))
      const look = () => {
        for (; next < lines.length; next++) {
          const found = pattern.exec(lines[next] ?? '')
          if (found !== null) return settle(() => resolve(found))
        }
        if (ended)
          settle(() => reject(failure(`${name} ended too early: ${complaints.trim() || 'it did not say why'}`)))
      }
      listeners.add(look)
      deadline.addEventListener('abort', giveUp)
      if (deadline.aborted) giveUp()
      else look()
    })

  const stop = async () => {
    if (ended) return
    child.kill('SIGTERM')
    const forced = setTimeout(() => child.kill('SIGKILL'), stopMs)
    await end
    clearTimeout(forced)
  }

  return { pid: child.pid, lines, waitFor, stop }
}

export const failure = (message: string): CliError => new CliError('demo_failed', `the demo failed: ${message}`)

/** Without what the user's shell may say about other servers and clients. */
const inheritedEnvironment = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:CREDENCE|ORDERS|REPORT)_|^PORT$|^NODE_OPTIONS$/.test(name)),
  )
