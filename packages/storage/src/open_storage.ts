/** Opens a database as the store. */
import { type Clock, systemClock } from '@credence/protocol'
import { dump } from './backup/dump.ts'
import { closeDatabase, type Database } from './dialects/database.ts'
import { openSqlite } from './dialects/sqlite.ts'
import { migrate, migrations } from './migrations/migrate.ts'
import { createSession, runTransaction, type Session } from './session.ts'
import type { Storage, Stores } from './stores.ts'
import { createApiStore } from './tables/api.ts'
import { createAuditStore } from './tables/audit_event.ts'
import { createAuditSinkStore } from './tables/audit_sink.ts'
import { createChangeLog } from './tables/change.ts'
import { createClientStore } from './tables/client.ts'
import { createClientFactsStore } from './tables/client_facts.ts'
import { createCredentialStore } from './tables/credential.ts'
import { createDeclarationStore } from './tables/declaration.ts'
import { createGrantStore } from './tables/grant.ts'
import { createReplayStore } from './tables/replay.ts'
import { createRevocationStore } from './tables/revocation.ts'
import { createSealedKeyStore } from './tables/sealed_key.ts'
import { createSigningKeyStore } from './tables/signing_key.ts'
import { createUsageStore } from './tables/usage.ts'

/** Where the data is. */
export type DatabaseLocation =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }

export interface OpenStorageOptions {
  readonly database: DatabaseLocation
  readonly clock?: Clock
}

/**
 * Opens a database and brings its schema up to date.
 *
 * @throws {StoreError} `unavailable` when the database cannot be reached, opened or written; `schema_too_new` when a
 *   newer Credence wrote it.
 */
export const openStorage = async (options: OpenStorageOptions): Promise<Storage> => {
  const database = await openDatabase(options.database)
  try {
    await migrate(database, { clock: options.clock ?? systemClock, migrations })
  } catch (error) {
    await closeDatabase(database)
    throw error
  }
  const stores = createStores(createSession(database))
  return {
    ...stores,
    dialect: database.dialect,
    transaction: (work) => runTransaction(database, (session) => work(createStores(session))),
    ping: async () => {
      await stores.changes.latest()
    },
    watchChanges: database.watchChanges,
    dump: (about) => dump(database, { clock: options.clock ?? systemClock, about }),
    close: () => closeDatabase(database),
  }
}

const openDatabase = async (location: DatabaseLocation): Promise<Database> => {
  if (location.kind === 'sqlite') return openSqlite(location.file)
  // Loaded only where it is used: it costs time and memory at the start.
  const { openPostgres } = await import('./dialects/postgres.ts')
  return openPostgres(location.url)
}

const createStores = (session: Session): Stores => ({
  apis: createApiStore(session),
  clients: createClientStore(session),
  credentials: createCredentialStore(session),
  grants: createGrantStore(session),
  signingKeys: createSigningKeyStore(session),
  sealedKeys: createSealedKeyStore(session),
  revocations: createRevocationStore(session),
  replays: createReplayStore(session),
  changes: createChangeLog(session),
  usage: createUsageStore(session),
  clientFacts: createClientFactsStore(session),
  declarations: createDeclarationStore(session),
  auditEvents: createAuditStore(session),
  auditSinks: createAuditSinkStore(session),
})
