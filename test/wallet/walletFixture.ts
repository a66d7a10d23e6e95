// What the tests of wallets share: a transaction, key files, and the proof that a fault shows no secret.
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { inspect } from 'node:util'
import { ConnectorError, type ErrorCode, type Hex } from '@kms-connector/protocol'
import { faultRecord } from '@kms-connector/service-kit'
import type { Wallet } from '@kms-connector/wallet'
import { recoverTransactionAddress } from 'viem'

export const CHAIN_ID = 54321

export const transaction = (nonce: number) => ({
  chainId: CHAIN_ID,
  nonce,
  to: '0x5fbdb2315678afecb367f032d93f642f64180aa3' as const,
  data: '0x6f8913bc' as const,
  gas: 400_000n,
  maxFeePerGas: 3_000_000_000n,
  maxPriorityFeePerGas: 1_000_000n,
})

/** Signs a transaction and checks that it is by the wallet. */
export async function expectSigns(wallet: Wallet, nonce = 0): Promise<Hex> {
  const { raw } = await wallet.sign(transaction(nonce))
  // CAST: viem wants its own nominal type for serialised transactions
  const signer = await recoverTransactionAddress({ serializedTransaction: raw as `0x02${string}` })
  assert.equal(signer.toLowerCase(), wallet.address)
  return raw
}

/** A file that is removed after the test. */
export function fileWith(t: TestContext, content: string | Uint8Array, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), 'wallet-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'file')
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

/** The work must end in this code, with a message that fits, and nothing of the fault may show any of the secrets. */
export async function expectFault(
  work: () => unknown,
  code: ErrorCode,
  message: RegExp,
  secrets: readonly string[] = [],
): Promise<ConnectorError> {
  try {
    await work()
  } catch (fault) {
    assert.ok(fault instanceof ConnectorError, inspect(fault))
    assert.equal(fault.code, code, fault.message)
    assert.match(fault.message, message)
    for (const text of printsOf(fault)) {
      for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} is in ${text}`)
    }
    return fault
  }
  assert.fail(`there was no ${code}`)
}

export function printsOf(value: unknown): readonly string[] {
  return [
    String(value),
    JSON.stringify(value),
    JSON.stringify(faultRecord(value)),
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
    ...(value instanceof Error ? [value.message, value.stack ?? '', inspect(value.cause, { depth: 10 })] : []),
  ]
}
