/** The client that every server of this benchmark knows, what its token is for, and the request that asks for it. */

export const clientId = 'bench-client'
export const clientSecret = 'cred_0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq'
export const audience = 'https://orders.example.com'
export const scope = 'orders:read'
export const tokenTtlSeconds = 600

export const form = new URLSearchParams({ grant_type: 'client_credentials', scope }).toString()

export const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
