import { toEventSelector } from 'viem/utils'
import { ConnectorError } from './connectorError.ts'
import type { Hex } from './hex.ts'
import type { ContractName, Operation, OperationGroup } from './operation.ts'

/** The operations a connector serves, found by name or by the topic of their event. */
export class OperationTable {
  readonly all: readonly Operation[]
  readonly #byName: ReadonlyMap<string, Operation>
  readonly #byTopic: ReadonlyMap<Hex, Operation>

  constructor(operations: readonly Operation[]) {
    this.all = operations
    this.#byName = new Map(operations.map(o => [o.name, o]))
    this.#byTopic = new Map(operations.map(o => [toEventSelector(o.event), o]))
    if (this.#byName.size !== operations.length || this.#byTopic.size !== operations.length) {
      throw new TypeError('two operations share a name or an event')
    }
  }

  /** @throws ConnectorError MESSAGE_MALFORMED for a name this build does not serve */
  named(name: string): Operation {
    const operation = this.#byName.get(name)
    if (!operation)
      throw new ConnectorError('MESSAGE_MALFORMED', `"${name.slice(0, 80)}" is no operation of this build`)
    return operation
  }

  ofTopic(topic: Hex): Operation | undefined {
    return this.#byTopic.get(topic)
  }

  ofGroup(group: OperationGroup): readonly Operation[] {
    return this.all.filter(o => o.group === group)
  }

  /** Event topics per contract, for one `eth_getLogs` over a group. */
  topics(operations: readonly Operation[]): readonly Hex[] {
    return operations.map(o => toEventSelector(o.event))
  }

  contracts(operations: readonly Operation[]): readonly ContractName[] {
    return [...new Set(operations.map(o => o.contract))]
  }
}
