import { readFileSync } from 'node:fs'
import type { Hex } from '@kms-connector/protocol'
import type { Abi } from 'viem'

/** The stand-in contracts of the devnet. */
export type DevnetContract =
  | 'ACL'
  | 'CiphertextCommits'
  | 'Decryption'
  | 'Forwarder'
  | 'GatewayConfig'
  | 'KMSGeneration'

export interface ContractArtifact {
  readonly abi: Abi
  /** Creation code without constructor arguments. */
  readonly bytecode: Hex
}

/** Reads a compiled contract; the path is the same from `src/` and from `dist/`. */
export function readArtifact(name: DevnetContract): ContractArtifact {
  const text = readFileSync(new URL(`../../artifacts/${name}.json`, import.meta.url), 'utf8')
  // CAST: our own compile script wrote the file, and CI compares it with the sources.
  return JSON.parse(text) as ContractArtifact
}
