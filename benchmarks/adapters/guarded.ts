/** What every server of this benchmark guards: one route of one API. */

export const audience = 'https://orders.example.com'
export const scope = 'orders:read'
export const path = '/orders'
/** RS256 is what hosted issuers sign with, and the cheapest to verify for those who do it with every request. */
export const algorithm = 'RS256'

/** What the route answers, small so that the guard shows. */
export const answer = { orders: [] } as const
