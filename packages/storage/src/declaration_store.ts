/** Which APIs and clients a declarative file has said something about: what prune may delete, and nothing else. */

/** Each by its key, in the order of the keys. */
export interface Declared {
  readonly apis: readonly string[]
  readonly clients: readonly string[]
}

/**
 * The marks of what was declared. A mark goes with what it marks: what is deleted and made anew by hand has none.
 *
 * Token requests do not depend on marks, so no change is appended.
 */
export interface DeclarationStore {
  list(): Promise<Declared>
  /** Marks what is not marked yet. @throws {StoreError} `not_found` when one of them does not exist */
  add(declared: Declared): Promise<void>
}
