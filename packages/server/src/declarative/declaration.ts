/** What a declarative file can say of APIs, clients and grants, as values. */
import type { Api, Client, Grant } from '@credence/storage'
import type { Material } from '../admin/credential_material.ts'

/** What the server adds of itself. All else has its place in the file, or a change of the model does not compile. */
type Kept = 'id' | 'createdAt' | 'updatedAt' | 'revision'

export type DeclaredApi = Omit<Api, Kept>

/** Undefined `disabled` in a declaration: as it is now. An operator's emergency stop outlasts the file that does not speak of it. */
export type DeclaredClient = Omit<Client, Kept | 'disabled'> & { readonly disabled: boolean | undefined }

export type DeclaredGrant = Pick<Grant, 'clientId' | 'audience' | 'scopes'>

/** A key, a certificate or a federated credential. Secrets are no part of a file. */
export interface DeclaredCredential {
  readonly clientId: string
  readonly material: Material
  /** Undefined: it has to be made. */
  readonly credentialId: string | undefined
}

/** Something with the JSON pointer (RFC 6901) to where the document says it. */
export interface Placed<T> {
  readonly pointer: string
  readonly value: T
}

/** A document, parsed: what should be. */
export interface Declaration {
  readonly apis: readonly Placed<DeclaredApi>[]
  readonly clients: readonly Placed<DeclaredClient>[]
  /** All that the declared clients are granted. */
  readonly grants: readonly Placed<DeclaredGrant>[]
  /** All that the declared clients have beside secrets. */
  readonly credentials: readonly DeclaredCredential[]
  /** The audience of every API in the document, those with faults included. */
  readonly mentioned: ReadonlySet<string>
}

/** What is: as much of the store as a declaration speaks of, and all that is marked as declared. By audience and client id. */
export interface CurrentState {
  readonly apis: ReadonlyMap<string, DeclaredApi>
  readonly clients: ReadonlyMap<string, CurrentClient>
  /** What an earlier declaration has spoken of. */
  readonly declared: { readonly apis: ReadonlySet<string>; readonly clients: ReadonlySet<string> }
}

export interface CurrentClient {
  readonly client: DeclaredClient
  readonly grants: readonly DeclaredGrant[]
  readonly credentials: readonly DeclaredCredential[]
  readonly hasSecret: boolean
}
