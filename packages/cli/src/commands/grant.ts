/** `credence grant`: what a client may ask for at which API. */
import type { Command } from 'commander'
import { openManagement, pathOf } from '../management/management_client.ts'
import { printJson, printLines } from '../terminal/print.ts'
import {
  addExamples,
  addManagementOptions,
  type GrantArgument,
  type ManagementOptions,
  parseGrant,
} from './command_options.ts'

export interface GrantDocument {
  readonly audience: string
  readonly scopes: readonly string[]
}

export const defineGrant = (command: Command): void => {
  const set = addManagementOptions(command.command('set').description('Grant a client exactly these scopes of an API.'))
    .argument('<CLIENT>')
    .argument('<AUDIENCE=SCOPES>', 'an API and, with commas, scopes of it', parseGrant)
    .action(setGrant)
  addExamples(set, ['credence grant set report-job https://orders.example.com=orders:read,orders:write'])

  const remove = addManagementOptions(
    command.command('remove').description('Take all scopes of an API away from a client.'),
  )
    .argument('<CLIENT>')
    .argument('<AUDIENCE>')
    .action(removeGrant)
  addExamples(remove, ['credence grant remove report-job https://orders.example.com'])

  const list = addManagementOptions(command.command('list').description('List what a client is granted.'))
    .argument('<CLIENT>')
    .action(listGrants)
  addExamples(list, ['credence grant list report-job'])
}

/** In words, on one line. */
export const describeGrants = (grants: readonly GrantDocument[]): string =>
  grants.map(({ audience, scopes }) => `${scopes.join(' ')} on ${audience}`).join('; ') || 'nothing yet'

const setGrant = async (client: string, { audience, scopes }: GrantArgument, { data, json }: ManagementOptions) => {
  const management = await openManagement(data)
  const grant = await management.put<GrantDocument>(pathOf`/clients/${client}/grants/${audience}`, { scopes })
  if (json) return printJson(grant)
  printLines([`${client} may ask for ${describeGrants([grant])}`])
}

const removeGrant = async (client: string, audience: string, { data, json }: ManagementOptions) => {
  await (await openManagement(data)).delete(pathOf`/clients/${client}/grants/${audience}`)
  if (json) return printJson({ client_id: client, audience, removed: true })
  printLines([`${client} may ask for nothing on ${audience} any more`])
}

const listGrants = async (client: string, { data, json }: ManagementOptions) => {
  const { items } = await (await openManagement(data)).get<{ items: readonly GrantDocument[] }>(
    pathOf`/clients/${client}/grants`,
  )
  if (json) return printJson({ items })
  const { printTable } = await import('../terminal/print_table.ts')
  printTable(
    ['AUDIENCE', 'SCOPES'],
    items.map(({ audience, scopes }) => [audience, scopes.join(' ')]),
    `${client} is granted nothing; credence grant set changes that`,
  )
}
