/** Which URLs of platforms an operator may name. RFC 8725 §3.10. */
import { isLoopbackHost } from '@credence/protocol'

/**
 * Checks a URL as it is written.
 *
 * Does not check: where a name leads to. Whoever fetches it does, when it connects.
 *
 * @throws {Error} whose message says what to do, to be read after what the URL is
 */
export const checkReach = ({ protocol, hostname, username, password }: URL, allowPrivateAddresses: boolean): void => {
  const isLoopback = isLoopbackHost(hostname)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback)) throw new Error('must be https')
  if (username !== '' || password !== '') throw new Error('must not have user information')
  if (isLoopback && !allowPrivateAddresses) {
    throw new Error('is on this machine: for development, start the server with --allow-private-addresses')
  }
}
