import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Curve } from './curve.ts'

/** Functions of the package `secp256k1`, a binding of libsecp256k1, as far as they are used. */
interface Binding {
  /** Blinds computations with private keys against whoever measures them. */
  contextRandomize(seed: Uint8Array): void
  ecdsaSign(digest: Uint8Array, key: Uint8Array): { readonly signature: Uint8Array; readonly recid: number }
  ecdsaRecover(signature: Uint8Array, recid: number, digest: Uint8Array, compressed: false): Uint8Array
  privateKeyVerify(key: Uint8Array): boolean
  publicKeyCreate(key: Uint8Array, compressed: false): Uint8Array
}

const require = createRequire(import.meta.url)

/** @returns libsecp256k1, or undefined where the package has no build for this machine */
export function loadNativeCurve(): Curve | undefined {
  try {
    // The binding alone: the package itself would load an implementation of its own in JavaScript where there is none.
    const binding = require('secp256k1/bindings.js') as Binding // CAST: the package has no types
    binding.contextRandomize(randomBytes(32))
    return curveOf(binding)
  } catch {
    return undefined
  }
}

function curveOf({ ecdsaSign, ecdsaRecover, privateKeyVerify, publicKeyCreate }: Binding): Curve {
  return {
    sign(digest, key) {
      const { signature, recid } = ecdsaSign(digest, key)
      return { compact: signature, yParity: recid }
    },
    publicKeyOf: key => (privateKeyVerify(key) ? publicKeyCreate(key, false) : undefined),
    recover(digest, compact, yParity) {
      try {
        return ecdsaRecover(compact, yParity, digest, false)
      } catch {
        return undefined
      }
    },
  }
}
