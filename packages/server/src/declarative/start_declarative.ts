/** The declarative side of a server: applying documents that callers send, and keeping to a source where one is configured. */
import type { Logger } from 'pino'
import { createAdministerPlan } from '../admin/administer.ts'
import type { AuditLog } from '../audit/audit_log.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { type ApplyDeclaration, type ApplyDeclarationDeps, createApplyDeclaration } from './apply_declaration.ts'
import type { DeclarativeState, Reconciler } from './reconciler.ts'

/** Where the source is: a file or a folder; and whether what is gone from it is deleted. */
export interface DeclarativeOptions {
  readonly source: string | undefined
  readonly prune: boolean
}

export interface DeclarativeDeps extends Omit<ApplyDeclarationDeps, 'administerPlan'> {
  readonly declarative: DeclarativeOptions
  readonly audit: AuditLog
  /** Brings what was changed into force in this process. */
  readonly catchUp: () => Promise<void>
  readonly metrics: Metrics
  readonly logger: Logger
}

export interface Declarative {
  readonly applyDeclaration: ApplyDeclaration
  /** Undefined where no source is configured. */
  readonly state: DeclarativeState | undefined
  stop(): Promise<void>
}

/** @throws {ConfigurationError} with every fault of the configured source */
export const startDeclarative = async (deps: DeclarativeDeps): Promise<Declarative> => {
  const applyDeclaration = createApplyDeclaration({ ...deps, administerPlan: createAdministerPlan(deps) })
  const reconciler = await startReconciler(applyDeclaration, deps)
  registerDeclarative(deps.metrics, reconciler)
  return {
    applyDeclaration,
    get state() {
      return reconciler?.state
    },
    stop: async () => reconciler?.stop(),
  }
}

const startReconciler = async (
  applyDeclaration: ApplyDeclaration,
  { declarative: { source, prune }, catchUp, clock, logger }: DeclarativeDeps,
): Promise<Reconciler | undefined> => {
  if (source === undefined) return undefined
  // loaded only where there is a source
  const { createReconciler } = await import('./reconciler.ts')
  const now = () => clock.epochSeconds()
  const reconciler = createReconciler({ source, prune, applyDeclaration, catchUp, now, logger })
  await reconciler.reconcile()
  reconciler.follow()
  return reconciler
}

const registerDeclarative = (metrics: Metrics, reconciler: Reconciler | undefined): void => {
  const sample = (read: (state: DeclarativeState) => number) => () =>
    reconciler === undefined ? [] : [{ labels: {}, value: read(reconciler.state) }]
  metrics.register(
    'credence_declarative_faults',
    sample(({ faults }) => faults.length),
  )
  metrics.register(
    'credence_declarative_in_step_timestamp_seconds',
    sample(({ inStepAt }) => inStepAt),
  )
  metrics.register(
    'credence_declarative_changes_total',
    sample(({ changes }) => changes),
  )
}
