/** Bounds of what is kept in memory until the tokens that it denies would have expired. Who has to deny more has cut-offs. */

/** Tokens that a client may revoke one by one, and revocations of any kind beyond which no more single tokens are taken. */
export const revocationLimits = { ofOneClient: 10_000, all: 250_000 } as const
