/** `credence audit`: who changed what, who was refused, and whether the log of it is whole. */
import { type Command, InvalidArgumentError } from 'commander'
import { addExamples, addManagementOptions, parseDuration } from './command_options.ts'

export const defineAudit = (command: Command): void => {
  const list = addFilters(addManagementOptions(command.command('list').description('Show the log, newest first.')))
    .option('--limit <N>', 'at most so many; 50 unless given', parseCount)
    .action(async (options) => (await import('./audit_actions.ts')).listAudit(options))
  addExamples(list, [
    'credence audit list',
    'credence audit list --client report-job --since 7d',
    'credence audit list --action client.authenticate --json',
  ])

  const verify = addManagementOptions(
    command.command('verify').description('Check that no record was altered, dropped, inserted or reordered.'),
  )
    .option('--file <FILE>', 'an export, in place of what the server has')
    .option('--key <FILE>', 'the public key that was kept: a JWK; that of the server or of the export unless given')
    .option('--expect <SEQ:HASH>', 'a head that an earlier verify printed: it must still be there', parseHead)
    .action(async (options) => (await import('./audit_actions.ts')).verifyAudit(options))
  addExamples(verify, [
    'credence audit verify',
    'credence audit verify --file audit-2027.jsonl --key audit-key.json',
    `credence audit verify --expect 1234:${'0'.repeat(64)}`,
  ])

  const exporting = addManagementOptions(
    command.command('export').description('Write the log to standard output as JSON lines: key, records, checkpoints.'),
  ).action(async (options) => (await import('./audit_actions.ts')).exportAudit(options))
  addExamples(exporting, ['credence audit export > audit.jsonl'])

  const prune = addManagementOptions(
    command.command('prune').description('Delete the oldest records; export them first.'),
  )
    .requiredOption('--through <SEQ>', 'the last record to delete; the last checkpoint up to it counts', parseCount)
    .action(async (options) => (await import('./audit_actions.ts')).pruneAudit(options))
  addExamples(prune, ['credence audit prune --through 100000'])
}

const addFilters = (command: Command): Command =>
  command
    .option('--since <DURATION|TIME>', 'from then on: 2h, 7d, or 2027-01-31T00:00:00Z', parseTime)
    .option('--until <DURATION|TIME>', 'before then', parseTime)
    .option('--action <ACTION>', 'an action, or what comes before its dot: client, client.authenticate')
    .option(
      '--subject <PATH>',
      'what was changed, as a path of the management API: apis/https%3A%2F%2Forders.example.com',
    )
    .option('--client <ID>', 'what was done to this client, its credentials and its grants')
    .option('--actor <ACTOR>', 'who did it: local, server, client:ID, claimed:ID')

const parseCount = (text: string): number => {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number above 0.')
}

/** Epoch seconds. */
const parseTime = (text: string): number => {
  const time = /^\d{4}-/.test(text) ? Date.parse(text) / 1000 : Date.now() / 1000 - parseDuration(text)
  if (Number.isNaN(time)) throw new InvalidArgumentError('A time is as in 2027-01-31T00:00:00Z.')
  return Math.floor(time)
}

const parseHead = (text: string) => {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (hash === undefined) throw new InvalidArgumentError('It is the number and the hash of a record, with a colon.')
  return { seq: Number(seq), hash }
}
