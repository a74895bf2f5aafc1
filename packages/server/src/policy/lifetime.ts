/** How long a token lives: what the API allows, or less where the client is given less. RFC 6749 §5.1. */
import type { Api, Client } from '@credence/storage'

/** Seconds. An operator may set anything between them for an API. */
export const tokenTtlLimits = { default: 600, least: 60, most: 3600 } as const

/** The lifetime of a token in seconds. */
export const resolveTokenTtl = (api: Api, client: Client): number =>
  Math.min(api.tokenTtlSeconds, client.tokenTtlSeconds ?? api.tokenTtlSeconds)
