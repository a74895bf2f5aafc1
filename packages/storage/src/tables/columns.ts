/** Between a column's value and a model's. */

export const parseList = (text: string): readonly string[] => JSON.parse(text)

export const formatList = (list: readonly string[]): string => JSON.stringify(list)

export const orUndefined = <T>(value: T | null): T | undefined => value ?? undefined

export const orNull = <T>(value: T | undefined): T | null => value ?? null

/** A copy of its own, so that a few bytes kept do not keep the driver's whole buffer. */
export const ownBytes = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)
