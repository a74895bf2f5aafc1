/** The store behind Credence: interfaces, one SQL implementation, two dialects. */
export type * from './model.ts'
export { type DatabaseLocation, type OpenStorageOptions, openStorage } from './open_storage.ts'
export { StoreError, type StoreErrorCode } from './store_error.ts'
export type * from './stores.ts'
