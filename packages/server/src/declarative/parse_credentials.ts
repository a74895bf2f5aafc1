/** The keys, certificates and federated credentials of a client's entry. RFC 7591 §2, RFC 8705 §2.1.2. */
import type { FromSchema } from 'json-schema-to-ts'
import {
  credentialMembersOf,
  fitsMethod,
  type MaterialContext,
  neededFor,
  parseMaterial,
} from '../admin/credential_material.ts'
import type { DeclaredCredential } from './declaration.ts'
import type { Fault } from './fault.ts'
import type { clientEntry } from './schema.ts'

type ClientEntry = FromSchema<typeof clientEntry>

export interface ParsedCredentials {
  readonly credentials: readonly DeclaredCredential[]
  readonly faults: readonly Fault[]
}

/** @param context `pointer`: where the entry stands */
export const parseCredentials = (
  entry: ClientEntry,
  { pointer, ...context }: Omit<MaterialContext, 'method'> & { readonly pointer: string },
): ParsedCredentials => {
  const { client_id: clientId, token_endpoint_auth_method: method } = entry
  const { materials, faults } = parseMaterial(credentialMembersOf(entry), { ...context, method })
  const at = `${pointer}/token_endpoint_auth_method`
  const unfit = materials
    .filter((material) => !fitsMethod(method, material))
    .map((material) => ({ pointer: at, detail: `${method} has no use for ${nameOf[material.kind]}` }))
  const isMissing = method !== undefined && !fitsMethod(method, 'secret') && materials.length === 0
  return {
    credentials: materials.map((material) => ({ clientId, material, credentialId: undefined })),
    faults: [
      ...faults.map((fault) => ({ ...fault, pointer: `${pointer}${fault.pointer}` })),
      ...unread(entry, pointer),
      ...unfit,
      ...(isMissing && faults.length === 0 && unread(entry, pointer).length === 0
        ? [{ pointer: at, detail: `${method} needs ${neededFor(method)}` }]
        : []),
    ],
  }
}

const nameOf = { key: 'a key of its own', certificate: 'a certificate', federated: 'a federated credential' } as const

/** Whoever reads a file puts in place what it refers to; what comes here all the same was sent by somebody who has no files. */
const unread = (entry: ClientEntry, pointer: string): readonly Fault[] =>
  (['jwks_file', 'certificate_file'] as const)
    .filter((member) => entry[member] !== undefined)
    .map((member) => ({
      pointer: `${pointer}/${member}`,
      detail: `${member} is read by credence apply and credence serve --declarative: send its content as ${member.replace('_file', '')}`,
    }))
