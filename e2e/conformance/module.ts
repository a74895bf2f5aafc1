/** What a conformance module is, and running them: each is a check that passes or says what did not. */

/** One module: of the OpenID Foundation's suite, by its name there, or one that the suite has for other grants or not at all. */
export interface Module<Setting> {
  readonly name: string
  /** What it checks, for people: one line. */
  readonly checks: string
  readonly run: (setting: Setting) => Promise<void>
}

export interface ModuleResult {
  readonly name: string
  readonly checks: string
  /** Undefined: it passed. */
  readonly failure: unknown
}

export const runModule = async <Setting>(
  { name, checks, run }: Module<Setting>,
  setting: Setting,
): Promise<ModuleResult> => {
  try {
    await run(setting)
    return { name, checks, failure: undefined }
  } catch (failure) {
    return { name, checks, failure: failure ?? new Error('failed') }
  }
}
