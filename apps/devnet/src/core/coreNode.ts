import type { CoreSettings } from './coreSettings.ts'
import { CoreSigner } from './coreSigner.ts'
import type { ComputeFault, CoreWork } from './faults.ts'
import { KeyMaterial } from './keyMaterial.ts'
import { MetaStore } from './metaStore.ts'
import { RequestDesk, type RequestKind } from './requestDesk.ts'

/** Everything one node is made of, apart from its sockets. Lives in memory only; a restart starts from the settings. */
export class CoreNode {
  readonly settings: CoreSettings
  readonly signer: CoreSigner
  readonly material: KeyMaterial
  readonly desk: RequestDesk
  /** Epochs whose `Init` succeeded. */
  readonly epochs = new Set<string>()

  /** @param stopped aborts when the node stops */
  constructor(settings: CoreSettings, stopped: AbortSignal) {
    this.settings = settings
    this.signer = new CoreSigner(settings.signingKey)
    this.material = new KeyMaterial(settings.seed, settings.keyIds)
    this.desk = new RequestDesk(settings, stopped)
  }

  /** A kind of request with a store of its own. @param tokens price in the bucket of work in flight */
  kind<R>(work: CoreWork, tokens: number): RequestKind<R> {
    return { work, tokens, store: new MetaStore<R>(this.settings.capacity, this.settings.minCompleted) }
  }

  /** The key that signs an answer: the node's own unless a fault wants an impostor's. */
  signerFor(fault: ComputeFault | undefined): CoreSigner {
    return fault === 'wrong-signer' ? this.signer.impostor() : this.signer
  }

  get centralized(): boolean {
    return this.settings.parties === 1
  }

  get serving(): boolean {
    return !this.settings.notServingUntilInit || this.epochs.size > 0
  }
}
