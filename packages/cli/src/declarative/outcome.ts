/** What comes of a declarative document: what the management API answers, and the secrets that were made. Wire names. */

export type MemberValue = string | boolean | readonly string[] | Readonly<Record<string, string | number>>

export interface MemberChange {
  readonly member: string
  readonly before?: MemberValue
  readonly after?: MemberValue
}

export interface Change {
  readonly action: 'create' | 'update' | 'delete'
  readonly kind: 'api' | 'client' | 'grant' | 'credential'
  readonly client_id?: string
  readonly audience?: string
  /** Of a credential that is removed. */
  readonly credential_id?: string
  readonly members: readonly MemberChange[]
}

export interface Outcome {
  readonly applied: boolean
  readonly changes: readonly Change[]
  readonly adopted: { readonly apis: readonly string[]; readonly clients: readonly string[] }
  readonly clients_without_credential: readonly string[]
}

export interface WrittenSecret {
  readonly client_id: string
  readonly credential_id: string
  readonly file: string
}

/** What an apply has come to. */
export interface Applied {
  readonly outcome: Outcome
  readonly secrets: readonly WrittenSecret[]
}
