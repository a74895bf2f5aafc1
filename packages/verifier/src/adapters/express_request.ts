/** `request.token` as Express and Nest type it. */
import type { AccessToken } from '../access_token.ts'

declare global {
  namespace Express {
    interface Request {
      /** The verified access token, behind a guard. */
      token?: AccessToken
    }
  }
}
