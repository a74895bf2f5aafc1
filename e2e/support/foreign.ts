/** Other people's clients that npm does not bring: found on this machine, or the reason why a test of theirs is skipped. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const patienceMs = 120_000

/** Runs a program to its end, whatever its exit code. Without CREDENCE_* of this process. */
export const runProgram = async (
  [program, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> => {
  const env = { ...process.env, ...environment }
  try {
    return { code: 0, ...(await promisify(execFile)(program, args, { env, timeout: patienceMs })) }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const { code, stdout, stderr } = error as Error & { code?: unknown; stdout?: string; stderr?: string }
    return { code: typeof code === 'number' ? code : 127, stdout: stdout ?? '', stderr: stderr || error.message }
  }
}

/** Whether what is missing is a failure and no reason to skip: where the runtimes were installed for these tests. */
const required = process.env.CI_REQUIRE_FOREIGN_CLIENTS === '1'

/**
 * The first of these programs for which `probe` succeeds, or the reason to skip.
 *
 * @throws when there is none and CI_REQUIRE_FOREIGN_CLIENTS=1.
 */
export const findRuntime = async (
  programs: readonly string[],
  {
    probe,
    environment = {},
    what,
  }: { readonly probe: readonly string[]; readonly environment?: Record<string, string>; readonly what: string },
): Promise<{ readonly program: string; readonly skip: false } | { readonly skip: string }> => {
  for (const program of programs) {
    if ((await runProgram([program, ...probe], environment)).code === 0) return { program, skip: false }
  }
  const reason = `${what} is not installed here; .ci/run installs it`
  if (required) throw new Error(`${reason} (CI_REQUIRE_FOREIGN_CLIENTS=1)`)
  return { skip: reason }
}
