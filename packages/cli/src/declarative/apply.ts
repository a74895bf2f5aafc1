/** What `credence apply` does: reads the source, has the server apply it, and shows what came of it. */
import { text } from 'node:stream/consumers'
import {
  type DeclarativeSource,
  followSource,
  type LocatedFault,
  parseSource,
  readSourceTexts,
  type SourceText,
  withReferencedFiles,
} from '@credence/server/declarative'
import { CliError, exitCodes, SilentExit } from '../cli_error.ts'
import type { ApplyOptions } from '../commands/apply.ts'
import { type ManagementClient, openManagement, Refusal } from '../management/management_client.ts'
import { printJson } from '../terminal/print.ts'
import { createSecrets } from './create_secrets.ts'
import type { Applied, Outcome } from './outcome.ts'
import { printOutcome } from './print_outcome.ts'
import { createRoundLog } from './round_log.ts'

export const applyOnce = async (options: ApplyOptions): Promise<void> => {
  const { outcome, secrets } = await applyTexts(await readTexts(options.file), options)
  if (options.json) printJson({ dry_run: options.dryRun === true, ...outcome, secrets })
  else printOutcome(outcome, { dryRun: options.dryRun === true, secrets })
  if (options.failOnChange && outcome.changes.length > 0) throw new SilentExit(exitCodes.failed)
}

/** Goes on until SIGTERM or SIGINT, whatever comes of a round. */
export const applyAndWatch = async (options: ApplyOptions): Promise<void> => {
  const log = createRoundLog(options)
  const stopping = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve())
  })
  const round = async (readSettled: () => Promise<readonly SourceText[]>): Promise<boolean> => {
    try {
      log.done(await applyTexts(await readSettled().catch(explainUnreadable), options))
      return true
    } catch (error) {
      log.failed(error)
      return false
    }
  }
  const intervalMs = (options.interval ?? defaultIntervalSeconds) * 1000
  const follower = followSource(options.file, { round, intervalMs, keepAlive: true })
  await stopping
  await follower.stop()
}

const defaultIntervalSeconds = 30

const applyTexts = async (texts: readonly SourceText[], options: ApplyOptions): Promise<Applied> => {
  const source = parseSource(texts)
  if (source.faults.length > 0) throw faultyDocument(source.faults)
  const management = await openManagement(options.data)
  const outcome = await sendDocument(management, source, options)
  const { createSecrets: folder, dryRun } = options
  if (folder === undefined || dryRun) return { outcome, secrets: [] }
  const secrets = await createSecrets(management, { clientIds: outcome.clients_without_credential, folder })
  return { outcome: { ...outcome, clients_without_credential: [] }, secrets }
}

const sendDocument = (
  management: ManagementClient,
  { document, locate }: DeclarativeSource,
  { dryRun = false, prune = false, force = false }: ApplyOptions,
): Promise<Outcome> =>
  management.post<Outcome>('/apply', { document, dry_run: dryRun, prune, force }).catch((error: unknown) => {
    throw error instanceof Refusal && error.errors.length > 0 ? faultyDocument(locate(error.errors)) : error
  })

const faultyDocument = (faults: readonly LocatedFault[]): CliError => {
  const lines = faults.map(({ place, detail }) => `${place} ${detail}`)
  return new CliError('invalid_document', lines.join('; '), { faults: lines })
}

const readTexts = async (file: string): Promise<readonly SourceText[]> =>
  file === '-'
    ? [await withReferencedFiles({ name: '-', text: await text(process.stdin) }, '.')]
    : readSourceTexts(file).catch(explainUnreadable)

const explainUnreadable = (error: unknown): never => {
  throw new CliError('unreadable', error instanceof Error ? error.message : String(error), { cause: error })
}
