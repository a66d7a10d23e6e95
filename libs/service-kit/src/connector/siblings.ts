import { variablesOf } from '../settings/schema.ts'
import { listenerSettings } from './listenerSettings.ts'
import { senderSettings } from './senderSettings.ts'
import { statusSettings } from './statusSettings.ts'
import { workerSettings } from './workerSettings.ts'

/** Variables of all services: they share one environment prefix, so none of them may refuse another's. */
export const CONNECTOR_VARIABLES: readonly string[] = [
  ...new Set([
    ...variablesOf(listenerSettings),
    ...variablesOf(workerSettings),
    ...variablesOf(senderSettings),
    ...variablesOf(statusSettings),
  ]),
]
