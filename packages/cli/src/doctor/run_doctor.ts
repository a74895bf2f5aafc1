/** What `credence doctor` does: finds out whom to examine, has the checks run, and tells what they found. */
import { CliError, exitCodes, SilentExit } from '../cli_error.ts'
import { checkPresetFlags } from '../provider/preset_flags.ts'
import type { ProviderOptions } from '../provider/provider_options.ts'
import { type Provider, placesOf, resolveProvider } from '../provider/resolve_provider.ts'
import { printJson } from '../terminal/print.ts'
import type { LocalServer } from './check_local_server.ts'
import { createExamination, type Examination, type Step } from './examination.ts'
import { examineHere, examineIssuer, examineLocalClient, examineLocalServer } from './examine.ts'
import type { CheckResult } from './finding.ts'
import { formatResult, summarize } from './print_report.ts'

export interface DoctorOptions extends ProviderOptions {
  readonly data?: string
}

export const runDoctor = async (options: DoctorOptions): Promise<void> => {
  const hasFailed = await report(options)
  if (hasFailed) throw new SilentExit(exitCodes.failed)
}

const report = async (options: DoctorOptions): Promise<boolean> => {
  checkPresetFlags(options.provider ?? 'generic', options)
  const examination = createExamination()
  try {
    examineHere(examination)
    const issuer = await begin(examination, options)
    const results: CheckResult[] = []
    const hasColour = process.stdout.isTTY === true && !process.env.NO_COLOR
    for (const { result } of examination.steps) {
      const told = await result
      results.push(told)
      if (!options.json) process.stdout.write(formatResult(told, hasColour))
    }
    const hasFailed = results.some(({ status }) => status === 'failed')
    if (options.json) printJson({ ok: !hasFailed, issuer, provider: options.provider, checks: results })
    else process.stdout.write(`\n${summarize(results)}`)
    return hasFailed
  } finally {
    examination.end()
  }
}

/** Starts all checks. @returns the issuer */
const begin = async (examination: Examination, given: DoctorOptions): Promise<string> => {
  const local = isLocal(given) ? await findLocal(examination, given) : undefined
  const options = local?.issuer === undefined ? given : { ...given, issuer: local.issuer }
  const clientId = given.clientId ?? process.env.CREDENCE_CLIENT_ID
  const provider = hasCredential(options) ? await resolveProvider(options) : undefined
  const client = local && examineLocalClient(examination, local.server, clientId)
  const settings = provider?.options ?? (await placesOf(options))
  examineIssuer(examination, { options: settings, provider: named(provider, local !== undefined), client })
  return settings.issuer
}

/** A server on this machine is Credence, and its tokens are to be verified as such. */
const named = (provider: Provider | undefined, isHere: boolean): Provider | undefined =>
  provider && isHere ? { ...provider, name: provider.name ?? 'credence' } : provider

const isLocal = ({ issuer, provider, data }: DoctorOptions): boolean =>
  data !== undefined ||
  (issuer === undefined && !process.env.CREDENCE_ISSUER && (provider === undefined || provider === 'credence'))

interface Local {
  readonly server: Step<LocalServer>
  /** Undefined where the server does not say: the default one is asked then. */
  readonly issuer: string | undefined
}

const findLocal = async (examination: Examination, { data, issuer }: DoctorOptions): Promise<Local> => {
  const server = examineLocalServer(examination, data ?? process.env.CREDENCE_DATA ?? 'credence-data')
  return { server, issuer: issuer ?? (await server.value)?.issuer }
}

/** Whether there is anything to ask for a token with; without, only what anybody may see is checked. */
const hasCredential = (options: DoctorOptions): boolean => {
  const { clientId, provider, key, certificate, tokenFile } = options
  const { CREDENCE_CLIENT_ID: id, CREDENCE_CLIENT_SECRET: secret, CREDENCE_CLIENT_SECRET_FILE: file } = process.env
  const { CREDENCE_CLIENT_KEY_FILE: keyFile } = process.env
  if (provider === 'google') return true
  const proof = secret || file || keyFile || key || certificate || tokenFile
  if (proof && !(clientId ?? id)) {
    throw new CliError('usage', 'there is a credential and no client id: give --client-id', {
      exitCode: exitCodes.usage,
    })
  }
  return Boolean(proof)
}
