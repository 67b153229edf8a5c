import { createHash } from 'node:crypto'
import { canonicalJson, type JsonValue } from './json.js'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** Identity of a strategy: graph and portfolio settings in canonical form. 32 hex digits. */
export type StrategyHash = Branded<'StrategyHash'>
/** Identity of market data: dates, symbols and every field's values. 32 hex digits. */
export type DataHash = Branded<'DataHash'>
/** Identity of a configuration, as far as it can change results. 32 hex digits. */
export type ConfigHash = Branded<'ConfigHash'>

/** First 128 bits of SHA-256, in hex: short enough to read, far beyond any accidental collision. */
export function contentHash(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex').slice(0, 32)
}

/** Hash of a JSON value's canonical text. */
export const jsonHash = (value: JsonValue): string => contentHash(canonicalJson(value))
