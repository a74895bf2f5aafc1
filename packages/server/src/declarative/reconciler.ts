/** Keeps the server as its declarative source says: at the start, when the source changes, and when somebody changed the server. */
import type { Logger } from 'pino'
import { Problem } from '../admin/problem.ts'
import { ConfigurationError } from '../configuration/configuration_error.ts'
import type { ApplyDeclaration, ApplyOutcome } from './apply_declaration.ts'
import { followSource } from './follow_source.ts'
import { type LocatedFault, parseSource } from './parse_source.ts'
import { readSourceTexts, type SourceText } from './source_texts.ts'

/** How the server and its declarative source stand to each other. */
export interface DeclarativeState {
  readonly source: string
  /** faulty: what is in force is what the source said last, before it became faulty. */
  readonly status: 'in_step' | 'faulty'
  /** One line each, with file and line. */
  readonly faults: readonly string[]
  /** Epoch seconds of the last round that found or brought the server in step. */
  readonly inStepAt: number
  /** How many changes all rounds together have made. */
  readonly changes: number
}

export interface Reconciler {
  /** One round. @throws {ConfigurationError} with every fault */
  reconcile(): Promise<void>
  /** Rounds from now on, whatever comes of them. */
  follow(): void
  readonly state: DeclarativeState
  stop(): Promise<void>
}

export interface ReconcilerDeps {
  /** A file or a folder. */
  readonly source: string
  readonly prune: boolean
  readonly applyDeclaration: ApplyDeclaration
  /** Brings what was changed into force in this process. */
  readonly catchUp: () => Promise<void>
  /** Epoch seconds. */
  readonly now: () => number
  readonly logger: Logger
}

/** Between two looks at whether the server is still as it should be. Milliseconds. */
const intervalMs = 30_000

export const createReconciler = (deps: ReconcilerDeps): Reconciler => {
  const { source, prune, applyDeclaration, catchUp, now, logger } = deps
  let state: DeclarativeState = { source, status: 'in_step', faults: [], inStepAt: 0, changes: 0 }

  const reconcile = async (texts: () => Promise<readonly SourceText[]>) => {
    try {
      const { changes } = await applyTexts(await readable(texts()), applyDeclaration, prune)
      state = { ...state, status: 'in_step', faults: [], inStepAt: now(), changes: state.changes + changes.length }
      if (changes.length === 0) return
      await catchUp()
      logger.info({ source, changes: changes.length }, 'the declarative source has been applied')
    } catch (error) {
      const faults = error instanceof ConfigurationError ? error.faults : [String(error)]
      state = { ...state, status: 'faulty', faults }
      throw error
    }
  }

  const round = async (texts: () => Promise<readonly SourceText[]>): Promise<boolean> => {
    try {
      await reconcile(texts)
      return true
    } catch (error) {
      const { faults } = state
      logger.error(
        error instanceof ConfigurationError ? { source, faults } : { source, err: error },
        'the declarative source cannot be applied; what it said last stays in force',
      )
      return false
    }
  }

  let follower: ReturnType<typeof followSource> | undefined
  return {
    reconcile: () => reconcile(() => readSourceTexts(source)),
    follow() {
      follower ??= followSource(source, { round, intervalMs, keepAlive: false })
    },
    get state() {
      return state
    },
    stop: async () => follower?.stop(),
  }
}

const readable = (texts: Promise<readonly SourceText[]>) =>
  texts.catch((error) => {
    throw new ConfigurationError([`declarative: ${error instanceof Error ? error.message : error}`], { cause: error })
  })

const applyTexts = async (
  texts: readonly SourceText[],
  applyDeclaration: ApplyDeclaration,
  prune: boolean,
): Promise<ApplyOutcome> => {
  const { document, faults, locate } = parseSource(texts)
  if (faults.length > 0) throw faulty(faults)
  try {
    return await applyDeclaration({ kind: 'server' }, { document, prune, dryRun: false, force: false })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    throw error.faults.length > 0
      ? faulty(locate(error.faults))
      : new ConfigurationError([error.message], { cause: error })
  }
}

const faulty = (faults: readonly LocatedFault[]): ConfigurationError =>
  new ConfigurationError(faults.map(({ place, detail }) => `${place} ${detail}`))
