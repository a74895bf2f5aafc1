/** Which machine this is, and which of its starts: what an embedded store is told last does not outlive it (docs/decisions/0011). */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname, uptime } from 'node:os'

/** Linux makes one at each start; containers see that of their machine. */
const bootIdFile = '/proc/sys/kernel/random/boot_id'
/** Where it has to be worked out, the clock and the uptime do not agree to the second. */
const roundedSeconds = 10

/** 43 characters, others after each start of the machine. @param now epoch seconds */
export const identifyMachine = (now: number): string => hash('sha256', bootIdOr(now), 'base64url')

const bootIdOr = (now: number): string => {
  try {
    return readFileSync(bootIdFile, 'utf8').trim()
  } catch {
    return `${hostname()} ${Math.round((now - uptime()) / roundedSeconds)}`
  }
}
