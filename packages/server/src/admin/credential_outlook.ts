/** What the management API says of a credential beyond what is stored: whether it can be deleted, and whether it will expire soon. */
import type { ClientRecord, Credential, Stores } from '@credence/storage'
import { resolveTokenTtl } from '../policy/lifetime.ts'
import { describeExpiry } from '../rotation/expiry_warning.ts'
import { judgeRetirement } from '../rotation/retirement.ts'
import { credentialDocument, toCredentialDocument } from './credential_documents.ts'
import { fitsMethod, materialOfCredential } from './credential_material.ts'

export const credentialOutlookDocument = {
  ...credentialDocument,
  required: [...credentialDocument.required, 'idle_seconds', 'token_lifetime_seconds', 'retirement'],
  properties: {
    ...credentialDocument.properties,
    idle_seconds: {
      type: 'integer',
      description: 'Since its last use, or since it was made. A use at another replica shows up to 10 s late.',
    },
    token_lifetime_seconds: { type: 'integer', description: 'How long a token that it got may be held.' },
    retirement: {
      type: 'object',
      required: ['safe', 'because'],
      properties: {
        safe: { type: 'boolean', description: 'Whether nobody should notice when it is revoked.' },
        because: { type: 'string', description: 'The evidence, for people.' },
      },
    },
    warning: { type: 'string', description: 'For people; present when it expires soon.' },
  },
} as const

/** Reads what the outlook of a client's credentials depends on. @returns how one of them is shown */
export const createOutlook = async (
  stores: Stores,
  { client, credentials: siblings, grants }: ClientRecord,
  now: number,
) => {
  // what the client could not use is no reason to let another one go
  const usable = siblings.filter((sibling) =>
    fitsMethod(client.tokenEndpointAuthMethod, materialOfCredential(sibling) ?? 'secret'),
  )
  const apis = await Promise.all(grants.map(({ audience }) => stores.apis.find(audience)))
  const holdSeconds = Math.max(0, ...apis.map((api) => (api === undefined ? 0 : resolveTokenTtl(api, client))))
  return (credential: Credential) => ({
    ...toCredentialDocument(credential, now),
    idle_seconds: Math.max(0, now - (credential.lastUsedAt ?? credential.createdAt)),
    token_lifetime_seconds: holdSeconds,
    retirement: judgeRetirement(credential, { siblings: usable, now, holdSeconds }),
    warning: describeExpiry(credential, { siblings: usable, now }),
  })
}
