/** The store behind Credence: interfaces, one SQL implementation, two dialects. */
export type * from './model.ts'
export { StoreError, type StoreErrorCode } from './store_error.ts'
export type * from './stores.ts'
