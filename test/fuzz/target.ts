import { ConnectorError } from '@kms-connector/protocol'
import fc from 'fast-check'

/** One decoder under random input. The property throws when the decoder does anything but what it promises. */
export interface FuzzTarget {
  readonly name: string
  readonly property: fc.IRawProperty<unknown>
}

/** A property of a decoder over one kind of input. */
export function target<T>(name: string, inputs: fc.Arbitrary<T>, check: (input: T) => unknown): FuzzTarget {
  return {
    name,
    property: fc.asyncProperty(inputs, async input => {
      await check(input)
    }) as fc.IRawProperty<unknown>, // CAST: the type of the inputs matters to nobody who runs it
  }
}

/** Runs a decoder that may refuse, with a ConnectorError and nothing else. */
export async function typed(decode: () => unknown): Promise<void> {
  try {
    await decode()
  } catch (fault) {
    if (!(fault instanceof ConnectorError)) throw new Error(`an untyped fault: ${String(fault)}`, { cause: fault })
  }
}

/** Looks at one target until the time is up. @returns inputs that were tried @throws the counterexample */
export async function fuzz({ name, property }: FuzzTarget, milliseconds: number, seed: number): Promise<number> {
  const details = await fc.check(property, {
    seed,
    numRuns: 10_000_000,
    interruptAfterTimeLimit: milliseconds,
    markInterruptAsFailure: false,
  })
  if (details.failed) throw new Error(`${name}: ${fc.defaultReportMessage(details)}`)
  return details.numRuns
}
