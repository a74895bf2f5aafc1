/** A fetch that finds the test server behind the provider's own URLs, so that code under test keeps them. */
import type { FetchDocument } from '@credence/jwt'
import type { SkinUrls } from './skins/skin.ts'

/** What fetch is here. */
export type Fetch = typeof globalThis.fetch

/** Requests to the origins of these URLs go to `origin`; all others go where they would. */
export const createProviderFetch = (urls: SkinUrls, origin: string): Fetch => {
  const redirected = originsOf(urls)
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (!redirected.has(url.origin)) return globalThis.fetch(input, init)
    const target = `${origin}${url.pathname}${url.search}`
    return globalThis.fetch(input instanceof Request ? new Request(target, input) : target, init)
  }
}

const originsOf = ({ issuer, token, keys, metadata }: SkinUrls): ReadonlySet<string> =>
  new Set([issuer, token, keys, ...metadata].map((url) => new URL(url).origin))

/** The same for `fetchDocument` of @credence/verifier. Anything but this server's documents is refused. */
export const createProviderFetchDocument = (urls: SkinUrls, origin: string): FetchDocument => {
  const known = originsOf(urls)
  return async (address) => {
    const { origin: asked, pathname } = new URL(address)
    if (!known.has(asked)) throw new Error(`${asked} is not this test server`)
    const response = await globalThis.fetch(`${origin}${pathname}`)
    if (response.status !== 200) throw new Error(`${asked}${pathname} answered ${response.status}`)
    const document: unknown = await response.json()
    if (typeof document !== 'object' || document === null) throw new Error(`${asked}${pathname} is no JSON object`)
    return { document: { ...document }, maxAgeSeconds: undefined }
  }
}
