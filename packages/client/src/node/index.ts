/** What of the client library needs Node (or a runtime with its modules): files, and certificates. */
export { type FileSecret, type FileSecretOptions, fileSecret } from './file_secret.ts'
export { fileToken } from './file_token.ts'
export { type ClientCertificate, createMtlsFetch, type Pem } from './mtls_fetch.ts'
export { tlsClientAuth } from './tls_client_auth.ts'
