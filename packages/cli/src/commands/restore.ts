/** `credence restore`: fills a new data folder or database from a backup. No server runs there meanwhile. */
import type { Command } from 'commander'
import { addExamples, addJsonOption } from './command_options.ts'

export const defineRestore = (command: Command): void => {
  addJsonOption(
    command.description(
      'Fill a new data folder or PostgreSQL database from a backup. No server may run there meanwhile.',
    ),
  )
    .argument('<FILE>', 'what credence backup wrote')
    .option('--data <FOLDER>', 'a data folder, for the embedded database')
    .option('--database-url <URL>', 'a PostgreSQL database; better given by CREDENCE_DATABASE_URL')
    .option('--force', 'replace what is there')
    .action(async (file, options) => (await import('./backup_actions.ts')).restore(file, options))
  addExamples(command, [
    'credence restore credence-2027-01-31.jsonl.gz --data ./restored',
    'credence restore credence-2027-01-31.jsonl.gz --database-url postgres://credence@db.example.com/credence',
  ])
}
