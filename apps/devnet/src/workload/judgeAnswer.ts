import type { Hex } from '@kms-connector/protocol'
import type { AnswerWatch } from '../chain/index.ts'
import { decryptShares } from '../core/index.ts'
import { DELEGATE, type Devnet, type DevnetNode, USER } from '../devnet/index.ts'
import type { PendingRequest } from './placeRequest.ts'

/** What came back on chain, read as the one who asked would read it. */
export interface Judgement {
  /** Values in the order of the request; undefined where the answer holds none. */
  readonly values: readonly (bigint | undefined)[]
  /** Why the answer is not what was encrypted; undefined when everything matches. */
  readonly fault: string | undefined
}

/** Who answered, and where. */
export type AnswerWorld = Pick<Devnet, 'chains' | 'contracts'> & {
  readonly nodes: readonly Pick<DevnetNode, 'party' | 'signer'>[]
}

/**
 * Reads an answer from the chain and compares every plaintext with what was encrypted. A public answer is the words of the
 * consensus; the shares of a user decryption are verified, put together and decrypted by the public client library.
 */
export function judgeAnswer(devnet: AnswerWorld, watch: AnswerWatch, request: PendingRequest): Judgement {
  let values: readonly (bigint | undefined)[] = []
  try {
    values = request.userKeys ? decryptedByUser(devnet, watch, request) : publicValues(watch, request)
  } catch (fault) {
    return { values, fault: fault instanceof Error ? fault.message : String(fault) }
  }
  const wrong = request.values.findIndex(({ value }, i) => value !== values[i])
  if (wrong < 0) return { values, fault: undefined }
  return { values, fault: `value ${wrong + 1}: encrypted ${request.values[wrong]?.value}, answered ${values[wrong]}` }
}

function publicValues(watch: AnswerWatch, { id, values }: PendingRequest): bigint[] {
  const [answer] = watch.publicAnswers.get(id) ?? []
  if (!answer) throw new Error('there is no answer on chain')
  const words = answer.decryptedResult.slice(2).match(/.{64}/g) ?? []
  if (words.length !== values.length || answer.decryptedResult.length !== 2 + 64 * words.length) {
    throw new Error(`the answer has ${answer.decryptedResult.length / 2 - 1} bytes for ${values.length} values`)
  }
  return words.map(word => BigInt(`0x${word}`))
}

function decryptedByUser(devnet: AnswerWorld, watch: AnswerWatch, request: PendingRequest): (bigint | undefined)[] {
  const { id, kind, userKeys, values } = request
  const shares = watch.userShares.get(id) ?? []
  if (!userKeys || shares.length === 0) throw new Error('there is no answer on chain')
  const handles = values.map(value => value.handle)
  const plaintexts: ReadonlyMap<Hex, bigint> = decryptShares({
    keys: userKeys,
    shares: shares.map(({ userDecryptedShare, signature }) => ({
      payloadHex: userDecryptedShare,
      signatureHex: signature,
    })),
    servers: devnet.nodes.map(({ party, signer }) => ({ partyId: party, address: signer.address })),
    clientAddress: kind === 'user' ? USER.address : DELEGATE.address,
    handles,
    domain: {
      name: 'Decryption',
      version: '1',
      chainId: BigInt(devnet.chains.gateway.chainId),
      verifyingContract: devnet.contracts.gateway.decryption,
    },
  })
  return handles.map(handle => plaintexts.get(handle))
}
