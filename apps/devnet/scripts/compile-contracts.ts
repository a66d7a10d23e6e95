import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import solc from 'solc'

// Compiles contracts/ into artifacts/.
//
//   compile-contracts.ts           write the artifacts
//   compile-contracts.ts --check   exit 1 when the committed artifacts are not what the sources compile to

const CONTRACTS = fileURLToPath(new URL('../contracts/', import.meta.url))
const ARTIFACTS = fileURLToPath(new URL('../artifacts/', import.meta.url))
const DEPLOYED = ['ACL', 'CiphertextCommits', 'Decryption', 'Forwarder', 'GatewayConfig', 'KMSGeneration']

/** The settings of the real contracts, minus the metadata trailer: bytecode depends on nothing but sources and compiler. */
const SETTINGS = {
  evmVersion: 'cancun',
  optimizer: { enabled: true, runs: 800 },
  viaIR: true,
  metadata: { bytecodeHash: 'none', appendCBOR: false },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
}

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts?: Readonly<
    Record<
      string,
      Readonly<
        Record<string, { readonly abi: unknown; readonly evm: { readonly bytecode: { readonly object: string } } }>
      >
    >
  >
}

/** @returns file name of each artifact and its exact text */
function compile(): Map<string, string> {
  const files = readdirSync(CONTRACTS).filter(name => name.endsWith('.sol'))
  const sources = Object.fromEntries(
    files.sort().map(name => [name, { content: readFileSync(CONTRACTS + name, 'utf8') }]),
  )
  const input = JSON.stringify({ language: 'Solidity', sources, settings: SETTINGS })
  // CAST: the standard JSON interface of the compiler is untyped; a missing field fails below.
  const output = JSON.parse(solc.compile(input) as string) as CompilerOutput
  const complaints = output.errors ?? []
  for (const complaint of complaints) console.error(complaint.formattedMessage)
  if (complaints.length > 0) throw new Error('the contracts do not compile without complaint')
  // CAST: `version` is a function returning text.
  const compiler = solc.version() as string
  const sourceHash = createHash('sha256').update(compiler).update(input).digest('hex')
  return new Map(DEPLOYED.map(name => [`${name}.json`, artifactText(output, name, sourceHash)]))
}

function artifactText(output: CompilerOutput, name: string, sourceHash: string): string {
  const contract = output.contracts?.[`${name}.sol`]?.[name]
  if (!contract) throw new Error(`the compiler returned no contract ${name}`)
  const bytecode = `0x${contract.evm.bytecode.object}`
  return `${JSON.stringify({ abi: contract.abi, bytecode, sourceHash }, undefined, 1)}\n`
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const artifacts = compile()
if (process.argv.includes('--check')) {
  const stale = [...artifacts].filter(([name, text]) => readOrEmpty(ARTIFACTS + name) !== text).map(([name]) => name)
  if (stale.length > 0)
    console.error(`stale artifacts: ${stale.join(', ')}; run "npm run generate -w @kms-connector/devnet"`)
  else console.log(`${artifacts.size} contract artifacts are fresh`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  mkdirSync(ARTIFACTS, { recursive: true })
  for (const [name, text] of artifacts) writeFileSync(ARTIFACTS + name, text)
  console.log(`wrote ${artifacts.size} contract artifacts`)
}
