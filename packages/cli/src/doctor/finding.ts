/** What one check found. */
import type { CheckName } from './check_names.ts'

export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped'

export interface Finding {
  readonly status: CheckStatus
  /** Stable. `ok`, or what is wrong, or why it was skipped. */
  readonly code: string
  /** In words; never a secret or a token. */
  readonly found: string
  /** What to do about it. */
  readonly advice?: string
}

export interface CheckResult extends Finding {
  readonly check: CheckName
}

/** A finding, and what checks that build on this one need of it; without a value those are skipped. */
export interface Found<T> extends Finding {
  readonly value?: T
}

export const good = <T>(found: string, value: T): Found<T> => ({ status: 'ok', code: 'ok', found, value })

interface Fault {
  readonly code: string
  readonly found: string
  readonly advice: string
}

/** Works, and somebody should look at it. */
export const warn = <T>(fault: Fault, value: T): Found<T> => ({ status: 'warning', ...fault, value })

/** Those who can do without go on when there is a value. */
export const fail = <T>(fault: Fault, value?: T): Found<T> => ({
  status: 'failed',
  ...fault,
  ...(value !== undefined && { value }),
})

/** Ends a check that has nothing to check. */
export class Skipped extends Error {
  override readonly name = 'Skipped'
  readonly code: string

  constructor(code: string, reason: string) {
    super(reason)
    this.code = code
  }
}
