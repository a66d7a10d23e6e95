import { ConnectorError, type Hex } from '@kms-connector/protocol'
import { type Abi, BaseError, decodeErrorResult, type Hash } from 'viem'
import { readArtifact } from './artifact.ts'

/** Errors bubble up from one contract through another, so all are known together. */
const errors: Abi = (['Decryption', 'KMSGeneration', 'GatewayConfig', 'CiphertextCommits', 'ACL'] as const).flatMap(
  name => readArtifact(name).abi.filter(item => item.type === 'error'),
)

/**
 * Turns the failure of a call into DEVNET_CALL_REVERTED with `facts.error` (name of the Solidity error) and
 * `facts.selector`, when it carries revert data; anything else passes unchanged.
 */
export function namedRevert(fault: unknown, transactionHash?: Hash): unknown {
  const data = revertData(fault)
  if (data === undefined) return fault
  const { error, text } = nameOf(data)
  return new ConnectorError(
    'DEVNET_CALL_REVERTED',
    text,
    { error, selector: data.slice(0, 10), transactionHash },
    fault,
  )
}

function revertData(fault: unknown): Hex | undefined {
  if (!(fault instanceof BaseError)) return undefined
  const carrier = fault.walk(inner => typeof dataOf(inner) === 'string')
  return carrier === null ? undefined : dataOf(carrier)
}

function dataOf(fault: unknown): Hex | undefined {
  const data = typeof fault === 'object' && fault !== null && 'data' in fault ? fault.data : undefined
  // CAST: the pattern is that of Hex
  return typeof data === 'string' && /^0x[0-9a-f]{8,}$/.test(data) ? (data as Hex) : undefined
}

function nameOf(data: Hex): { error: string; text: string } {
  try {
    const { errorName, args } = decodeErrorResult({ abi: errors, data })
    const shown = JSON.stringify(args ?? [], (_, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    )
    return { error: errorName, text: `${errorName}${shown.slice(0, 500)}` }
  } catch {
    return { error: 'unknown', text: `unknown error ${data.slice(0, 10)}` }
  }
}
