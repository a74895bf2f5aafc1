/** What of this machine changes how a provider is reached. */
import { type Found, fail, good, warn } from './finding.ts'

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'] as const

export const checkEnvironment = async (environment: NodeJS.ProcessEnv): Promise<Found<true>> => {
  const readVariable = (name: string) => environment[name] || environment[name.toLowerCase()]
  const proxies = proxyNames.filter((name) => readVariable(name))
  const isUsed = environment.NODE_USE_ENV_PROXY === '1' || /--use-env-proxy\b/.test(environment.NODE_OPTIONS ?? '')
  const ownAuthorities = environment.NODE_EXTRA_CA_CERTS ? ['NODE_EXTRA_CA_CERTS'] : []
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    return fail(
      {
        code: 'tls_not_verified',
        found: 'NODE_TLS_REJECT_UNAUTHORIZED is 0: no certificate is verified, and anybody can pose as the provider',
        advice: 'unset it, and name your own authority by NODE_EXTRA_CA_CERTS',
      },
      true,
    )
  }
  if (proxies.length > 0 && !isUsed) {
    return warn(
      {
        code: 'proxy_not_used',
        found: `${proxies.join(', ')} set, which Node heeds only with NODE_USE_ENV_PROXY=1`,
        advice: 'set NODE_USE_ENV_PROXY=1 where the provider can only be reached through the proxy',
      },
      true,
    )
  }
  const set = [...proxies, ...(readVariable('NO_PROXY') ? ['NO_PROXY'] : []), ...ownAuthorities]
  const found = set.length === 0 ? 'no proxy and no authorities of one’s own' : `set and heeded: ${set.join(', ')}`
  return good(found, true)
}
