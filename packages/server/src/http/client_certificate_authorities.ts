/** The authorities whose client certificates are trusted, as they stand now: their file may be replaced. RFC 8705 §2.1. */
import type { Clock } from '@credence/protocol'
import {
  createChainValidator,
  parseBundle,
  type ValidateChain,
} from '../client_auth/certificates/client_certificate_chain.ts'

export interface ClientAuthorities {
  /** Grows whenever they change. */
  readonly version: number
  /** Whether all that were trusted at a version are trusted still. */
  readonly hold: (version: number) => boolean
  /** Whether a chain leads from a certificate to one of them now. Certificates in DER. */
  readonly isTrusted: (leaf: Uint8Array, others: readonly Uint8Array[]) => boolean
  /** @throws {TypeError} when the bundle cannot be used; those before stay. */
  readonly replace: (bundle: string) => void
}

/** @throws {TypeError} when the bundle, in PEM, has no certificate that signed itself. */
export const createClientAuthorities = (bundle: string, clock: Clock): ClientAuthorities => {
  let fingerprints = fingerprintsOf(bundle)
  let validate: ValidateChain = createChainValidator(bundle)
  let version = 0
  let lastRemoval = 0
  return {
    get version() {
      return version
    },
    hold: (since) => since >= lastRemoval,
    isTrusted(leaf, others) {
      try {
        return validate(leaf, others, clock.epochSeconds())
      } catch {
        // not a certificate, or of a kind that is not supported: nobody to trust
        return false
      }
    },
    replace(next) {
      const nextFingerprints = fingerprintsOf(next)
      validate = createChainValidator(next)
      version++
      if (fingerprints.some((one) => !nextFingerprints.includes(one))) lastRemoval = version
      fingerprints = nextFingerprints
    },
  }
}

const fingerprintsOf = (bundle: string): readonly string[] =>
  parseBundle(bundle).map(({ certificate }) => certificate.fingerprint256)
