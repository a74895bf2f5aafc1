/** What the tests use of simple-oauth2, which brings no types. */
declare module 'simple-oauth2' {
  export interface AccessToken {
    readonly token: Readonly<Record<string, unknown>>
    expired(): boolean
  }

  export class ClientCredentials {
    constructor(options: {
      readonly client: { readonly id: string; readonly secret: string }
      readonly auth: { readonly tokenHost: string; readonly tokenPath: string }
      readonly options: { readonly authorizationMethod: 'header' | 'body' }
    })
    getToken(parameters: Readonly<Record<string, string>>): Promise<AccessToken>
  }
}
