/** The commands, and how each is found: a group is loaded when the command line names it, so that every command starts fast. */
import { Command, Help } from 'commander'
import manifest from '../package.json' with { type: 'json' }

interface CommandGroup {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<(command: Command) => void>
}

const groups: readonly CommandGroup[] = [
  {
    name: 'serve',
    summary: 'start the authorization server',
    load: async () => (await import('./commands/serve.ts')).defineServe,
  },
  {
    name: 'api',
    summary: 'the APIs that tokens are for',
    load: async () => (await import('./commands/api.ts')).defineApi,
  },
  {
    name: 'client',
    summary: 'the services that ask for tokens',
    load: async () => (await import('./commands/client.ts')).defineClient,
  },
  {
    name: 'credential',
    summary: 'the secrets, keys, certificates and platform identities of a client',
    load: async () => (await import('./commands/credential.ts')).defineCredential,
  },
  {
    name: 'grant',
    summary: 'what a client may ask for at which API',
    load: async () => (await import('./commands/grant.ts')).defineGrant,
  },
  {
    name: 'explain',
    summary: 'whether a token would be granted and which rule decides, or why one was refused',
    load: async () => (await import('./commands/explain.ts')).defineExplain,
  },
  {
    name: 'keys',
    summary: 'the keys that tokens are signed with, and the master key',
    load: async () => (await import('./commands/keys.ts')).defineKeys,
  },
  {
    name: 'audit',
    summary: 'who changed what, who was refused, and whether the log of it is whole',
    load: async () => (await import('./commands/audit.ts')).defineAudit,
  },
  {
    name: 'usage',
    summary: 'what clients use, by which credential, and what is granted but never used',
    load: async () => (await import('./commands/usage.ts')).defineUsage,
  },
  {
    name: 'findings',
    summary: 'what somebody should look at, and the command that mends it',
    load: async () => (await import('./commands/findings.ts')).defineFindings,
  },
  {
    name: 'backup',
    summary: 'write all that the server keeps to a file, while it runs',
    load: async () => (await import('./commands/backup.ts')).defineBackup,
  },
  {
    name: 'restore',
    summary: 'fill a new data folder or database from a backup',
    load: async () => (await import('./commands/restore.ts')).defineRestore,
  },
  {
    name: 'apply',
    summary: 'make the server what a declarative file says, and show what that changes',
    load: async () => (await import('./commands/apply.ts')).defineApply,
  },
  {
    name: 'export',
    summary: 'print what the server has as a declarative file',
    load: async () => (await import('./commands/export.ts')).defineExport,
  },
  {
    name: 'revoke',
    summary: 'deny tokens that are out already',
    load: async () => (await import('./commands/revoke.ts')).defineRevoke,
  },
  {
    name: 'token',
    summary: 'get an access token and print it',
    load: async () => (await import('./commands/token.ts')).defineToken,
  },
  {
    name: 'inspect',
    summary: 'verify an access token and say what it allows',
    load: async () => (await import('./commands/inspect.ts')).defineInspect,
  },
  {
    name: 'doctor',
    summary: 'check what usually goes wrong between a service and its provider',
    load: async () => (await import('./commands/doctor.ts')).defineDoctor,
  },
  {
    name: 'demo',
    summary: 'see the whole story on this machine: three processes, a rotation without a failed call',
    load: async () => (await import('./commands/demo.ts')).defineDemo,
  },
]

export const groupNames: readonly string[] = groups.map(({ name }) => name)

/** @param words the groups named here are loaded; of the others only name and summary are known */
export const createProgram = async (words: readonly string[]): Promise<Command> => {
  const program = new Command('credence')
    .description(
      'OAuth 2.0 for machines: issues, carries, checks and retires the credentials services call each other with.',
    )
    .version(manifest.version, '--version', 'print the version')
    .helpOption('--help', 'show this help')
    .configureHelp({ formatHelp: (command, help) => formatHelp(command, help) })
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
  for (const { name, summary, load } of groups) {
    const command = program.command(name).summary(summary).description(sentence(summary))
    if (words.includes(name)) (await load())(command)
  }
  return program
}

const sentence = (summary: string) => `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`

const maxHelpWidth = 100

const formatHelp = (command: Command, help: Help): string => {
  help.helpWidth = Math.min(help.helpWidth ?? maxHelpWidth, maxHelpWidth)
  return Help.prototype.formatHelp.call(help, command, help)
}
