/** What is used of get-jwks, which has no types. */
declare module 'get-jwks' {
  interface Wanted {
    readonly domain: string
    readonly alg: string | undefined
    readonly kid: string | undefined
  }

  const buildGetJwks: (options: { readonly jwksPath: string }) => {
    /** PEM. */
    getPublicKey(wanted: Wanted): Promise<string>
  }
  export default buildGetJwks
}
