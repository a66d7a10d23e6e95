import { readFileSync } from 'node:fs'
import solc from 'solc'
import type { Abi } from 'viem'
import type { ContractArtifact } from '../../apps/devnet/src/chain/index.ts'

const DEVNET_CONTRACTS = new URL('../../apps/devnet/contracts/', import.meta.url)
const OURS = new URL('./', import.meta.url)

/** Unoptimised, which compiles in a second; the gas of a devnet is free. */
const SETTINGS = {
  evmVersion: 'cancun',
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
}

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts?: Readonly<
    Record<string, Readonly<Record<string, { abi: Abi; evm: { bytecode: { object: string } } }>>>
  >
}

/**
 * Compiles a contract of this folder that builds on those of the devnet.
 * @throws Error with everything the compiler complains about
 */
export function compileContract(name: string): ContractArtifact {
  const file = `${name}.sol`
  const sources = { [file]: { content: readFileSync(new URL(file, OURS), 'utf8') } }
  const input = JSON.stringify({ language: 'Solidity', sources, settings: SETTINGS })
  const imported = (path: string) => ({ contents: readFileSync(new URL(path, DEVNET_CONTRACTS), 'utf8') })
  // CAST: the standard JSON interface of the compiler is untyped; a missing field fails below.
  const output = JSON.parse(solc.compile(input, { import: imported }) as string) as CompilerOutput
  const contract = output.contracts?.[file]?.[name]
  const complaints = (output.errors ?? []).map(({ formattedMessage }) => formattedMessage)
  if (!contract || complaints.length > 0) throw new Error(`${file} does not compile:\n${complaints.join('\n')}`)
  return { abi: contract.abi, bytecode: `0x${contract.evm.bytecode.object}` }
}
