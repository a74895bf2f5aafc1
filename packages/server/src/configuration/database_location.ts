/** Where a configuration says that the data are. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type DatabaseLocation, restoringFile } from '@credence/storage'
import type { Configuration } from './configuration.ts'
import { ConfigurationError } from './configuration_error.ts'

export const databaseOf = ({ databaseUrl, data }: Pick<Configuration, 'databaseUrl' | 'data'>): DatabaseLocation =>
  databaseUrl === undefined
    ? { kind: 'sqlite', file: join(data, 'credence.db') }
    : { kind: 'postgres', url: databaseUrl }

/**
 * An installation that is half restored must not start as an empty one.
 *
 * @throws {ConfigurationError}
 */
export const checkNoInterruptedRestore = (database: DatabaseLocation): void => {
  if (database.kind !== 'sqlite') return
  const left = restoringFile(database.file)
  if (existsSync(left))
    throw new ConfigurationError([
      `${left}: a restore is under way or was interrupted; run credence restore again, or remove it`,
    ])
}
