/** Public keys for which anybody can sign: RSA moduli that can be factored, Ed25519 points of low order. RFC 8725 §3.5. */

const generator = 65_537n
const highestPrime = 701
const isPrime = (n: number): boolean => {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false
  return true
}

/** The primes whose product M, at the least, is in the making of every ROCA modulus of 1984 bits or more. */
const primes = Array.from({ length: highestPrime - 1 }, (_, index) => index + 2)
  .filter(isPrime)
  .map(BigInt)

/**
 * Whether an RSA modulus was made by the faulty generator of many smart cards and TPMs, and can be factored.
 *
 * Its primes are kM + (65537^a mod M), so the modulus is a power of 65537 by every prime in M. Of the sound ones, one in
 * 2^167 is that by chance; nearly all show by the first few primes.
 *
 * @see CVE-2017-15361
 */
export const isRocaModulus = (bytes: Buffer): boolean => {
  const modulus = BigInt(`0x${bytes.toString('hex')}`)
  return primes.every((prime) => isPowerOfGenerator(modulus % prime, prime))
}

const isPowerOfGenerator = (residue: bigint, prime: bigint): boolean => {
  let power = 1n
  do {
    if (power === residue) return true
    power = (power * generator) % prime
  } while (power !== 1n)
  return false
}

const fieldPrime = 2n ** 255n - 19n
const yOfOrder8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n
/** The y of all eight points: of order 4, 1, 2, and 8 twice; each but those of order 1 and 2 has two x. */
const lowOrderYs = new Set([0n, 1n, fieldPrime - 1n, yOfOrder8, fieldPrime - yOfOrder8])

/**
 * Whether an Ed25519 key is a point of low order, for which one signature fits every eighth message or more. OpenSSL 3.0,
 * which came with the first releases of Node 24, accepts them.
 *
 * @param encoded 32 bytes. RFC 8032 §5.1.2
 */
export const isLowOrderPoint = (encoded: Buffer): boolean => {
  const littleEndian = BigInt(`0x${Buffer.from(encoded).reverse().toString('hex')}`)
  // the last bit is the sign of x; a y that is not reduced is still read
  return lowOrderYs.has(BigInt.asUintN(255, littleEndian) % fieldPrime)
}
