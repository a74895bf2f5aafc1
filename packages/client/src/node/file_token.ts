/** A platform's token in a file: Kubernetes' projected service account token, a SPIFFE JWT-SVID. Node only. */
import type { PlatformTokenSource } from '../client_auth/federated.ts'
import { watchFile } from './watched_file.ts'

/**
 * A source for `federated` that looks at the file before every use, and reads it when it has changed.
 *
 * @returns a source that throws TokenError `credential_unavailable` while the file cannot be read: an old token has expired by then
 */
export const fileToken = (path: string): PlatformTokenSource => {
  const read = watchFile(path)
  return async () => (await read()).text
}
