/** Runs `credence doctor --json`, and gives each check by its name. */
import assert from 'node:assert/strict'
import { runCommand } from '../support/run_command.ts'

export interface Checked {
  readonly check: string
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly code: string
  readonly found: string
  readonly advice?: string
}

export interface Examined {
  readonly exit: number | null
  readonly ok: boolean
  readonly checks: readonly Checked[]
  /** `tls: CERT_HAS_EXPIRED` for each that failed, and the same for warnings. */
  readonly failed: readonly string[]
  readonly warnings: readonly string[]
  find(check: string): Checked
}

/** @param environment with the secret, which must not be in the output */
export const examine = async (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Examined> => {
  const {
    code: exit,
    stdout,
    stderr,
  } = await runCommand(['doctor', '--json', ...args], {
    NODE_EXTRA_CA_CERTS: '',
    ...environment,
  })
  assert.notEqual(stdout, '', stderr)
  const { CREDENCE_CLIENT_SECRET: secret } = environment
  if (secret) assert.ok(!`${stdout}${stderr}`.includes(secret), 'the secret is in the output')
  assert.ok(!/ey[\w-]{8,}\.[\w-]+\.[\w-]+/.test(stdout), 'a token is in the output')
  const { ok, checks } = JSON.parse(stdout) as { readonly ok: boolean; readonly checks: readonly Checked[] }
  assert.equal(exit, ok ? 0 : 1, stderr)
  for (const { check, status, advice } of checks) {
    assert.equal(advice !== undefined, status === 'failed' || status === 'warning', `${check}: what to do`)
  }
  const named = (status: Checked['status']) =>
    checks.filter((checked) => checked.status === status).map(({ check, code }) => `${check}: ${code}`)
  return {
    exit,
    ok,
    checks,
    failed: named('failed'),
    warnings: named('warning'),
    find: (check) => {
      const found = checks.find((checked) => checked.check === check)
      assert.ok(found, `there is no check ${check}`)
      return found
    },
  }
}
