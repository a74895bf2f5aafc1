/** What the job of the demo says about its runs, counted. */

export interface RunCount {
  /** Calls that A may make, GET /jobs: one a run. */
  readonly calls: number
  /** Those not answered with 200. A run that broke off is one. */
  readonly failed: number
  /** Calls that A may not make, POST /jobs, which were refused as they must be. */
  readonly refused: number
  /** The first run that was not as it must be, in the words of the job. */
  readonly firstFault: string | undefined
}

export const countRuns = (lines: readonly string[]): RunCount => {
  const runs = lines.filter((line) => /^run \d+: /.test(line))
  const answered = runs.filter((line) => /: GET \/jobs 200 /.test(line))
  const refused = runs.filter((line) => /, POST \/jobs 403 insufficient_scope$/.test(line))
  const firstFault = runs.find((line) => !(answered.includes(line) && refused.includes(line)))
  return { calls: runs.length, failed: runs.length - answered.length, refused: refused.length, firstFault }
}
