/** What the command line shares with the server: how a declarative source is read, located and followed. Loads nothing else of the server. */
export { type FollowOptions, followSource, type SourceFollower } from './follow_source.ts'
export { type DeclarativeSource, type LocatedFault, parseSource } from './parse_source.ts'
export { declarativeSchema } from './schema.ts'
export { readSourceTexts, type SourceText, withReferencedFiles } from './source_texts.ts'
