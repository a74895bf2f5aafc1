/** No provider in particular: RFC 6749 and RFC 9068 with RS256, and the documents of RFC 8414 and of OpenID Connect. */
import { clientAuthMethods } from '../client_auth.ts'
import { credenceSkin } from './credence.ts'
import { openidMembers, type Skin, type SkinUrls } from './skin.ts'

const locate = (origin = 'https://issuer.example.com'): SkinUrls => ({
  issuer: origin,
  token: `${origin}/token`,
  keys: `${origin}/jwks`,
  metadata: [`${origin}/.well-known/oauth-authorization-server`, `${origin}/.well-known/openid-configuration`],
  introspection: `${origin}/introspect`,
})

export const genericSkin: Skin = {
  ...credenceSkin,
  algorithm: 'RS256',
  locate,
  claims: (authorization, context) => {
    const { credential_id: _ownToCredence, ...claims } = credenceSkin.claims(authorization, context) as Record<
      string,
      unknown
    >
    return claims
  },
  metadata: (urls) => ({
    ...openidMembers(urls, 'RS256'),
    token_endpoint_auth_methods_supported: clientAuthMethods,
    introspection_endpoint: urls.introspection,
  }),
}
