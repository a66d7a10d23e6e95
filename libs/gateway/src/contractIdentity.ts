import { type Address, ConnectorError, type ContractDomain } from '@kms-connector/protocol'
import { parseAbi } from 'viem/utils'
import { expectContract } from './chainIdentity.ts'
import { readContract } from './contractRead.ts'
import { RpcError } from './rpcError.ts'
import { isRevert, type RpcReader } from './rpcReader.ts'

const abi = parseAbi([
  'function getVersion() view returns (string)',
  'function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)',
])

/** What `getVersion()` of the v0.11 Gateway contracts answers, v0.10.0 to v0.11.4 alike. */
export const KNOWN_VERSIONS: Readonly<Record<string, string>> = {
  Decryption: 'Decryption v0.3.0',
  KMSGeneration: 'KMSGeneration v0.4.0',
  GatewayConfig: 'GatewayConfig v0.4.0',
}

/**
 * Makes sure that the contract of a setting is at its address: code, name, and version.
 * @returns a warning when the contract has the right name but a version that this build was not made for
 * @throws ConnectorError CONTRACT_MISSING or CONTRACT_MISMATCH (fatal), or the fault of the endpoint
 */
export async function expectGatewayContract(
  reader: RpcReader,
  name: string,
  address: Address,
): Promise<string | undefined> {
  await expectContract(reader, name, address)
  const version = String(await readIdentity(reader, name, address, 'getVersion'))
  if (!version.startsWith(`${name} v`)) {
    throw new ConnectorError(
      'CONTRACT_MISMATCH',
      `the contract at ${address} calls itself "${version.slice(0, 80)}", not ${name}`,
      { address },
    )
  }
  const known = KNOWN_VERSIONS[name]
  return known === undefined || version === known
    ? undefined
    : `${address} is ${version.slice(0, 80)}, this build was made for ${known}`
}

/**
 * Makes sure that answers are signed and verified for the domain that the contract computes: one wrong word here and every
 * answer recovers to a random signer.
 * @throws ConnectorError DOMAIN_MISMATCH (fatal) naming each field, or the fault of the endpoint
 */
export async function expectDomain(reader: RpcReader, domain: ContractDomain): Promise<void> {
  const result = await readIdentity(reader, domain.name, domain.verifyingContract, 'eip712Domain')
  const [, name, version, chainId, contract] = result as readonly [string, string, string, bigint, Address] // CAST: decoded with the ABI above
  const fields = [
    ['name', domain.name, name],
    ['version', domain.version, version],
    ['chain id', String(domain.chainId), String(chainId)],
    ['verifying contract', domain.verifyingContract, contract.toLowerCase()],
  ] as const
  const wrong = fields.filter(([, expected, found]) => expected !== found)
  if (wrong.length === 0) return
  const detail = wrong.map(
    ([field, expected, found]) => `${field} is "${found.slice(0, 80)}" on chain, "${expected}" in the settings`,
  )
  throw new ConnectorError('DOMAIN_MISMATCH', detail.join('; '), { contract: domain.verifyingContract })
}

async function readIdentity(
  reader: RpcReader,
  name: string,
  address: Address,
  view: 'getVersion' | 'eip712Domain',
): Promise<unknown> {
  try {
    return await readContract(reader, abi, address, view)
  } catch (fault) {
    if (fault instanceof ConnectorError && fault.code === 'RPC_REJECTED' && isContractsAnswer(fault)) {
      throw new ConnectorError(
        'CONTRACT_MISMATCH',
        `the contract at ${address} is no ${name}: it has no ${view}()`,
        { address },
        fault,
      )
    }
    throw fault
  }
}

/** A revert, or bytes that are none of ours, is the contract's word; whatever else a node says may pass. */
function isContractsAnswer({ cause }: ConnectorError): boolean {
  return cause instanceof RpcError ? isRevert(cause) : cause !== undefined
}
