/** What stops the start: every fault of the configuration at once. Exit code 78 (EX_CONFIG of sysexits.h). */

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly code = 'bad_configuration'
  readonly faults: readonly string[]

  constructor(faults: readonly string[], options?: ErrorOptions) {
    super(faults.join('\n'), options)
    this.faults = faults
  }
}
