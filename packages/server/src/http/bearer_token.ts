/** The token of an Authorization header. RFC 6750 §2.1. */
const bearer = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

/** Undefined where the header has another scheme, or what follows cannot be a token. */
export const readBearerToken = (authorization: string): string | undefined => bearer.exec(authorization)?.[1]
