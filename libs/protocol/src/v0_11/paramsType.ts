import { z } from 'zod'
import { ConnectorError } from '../connectorError.ts'

/** `ParamsType` of the contracts and `FheParameter` of KMS Core share their numbers: 0 default (secure), 1 test. */
export const paramsTypeSchema = z.union([z.literal(0), z.literal(1)])
export type ParamsType = z.infer<typeof paramsTypeSchema>

/** @throws ConnectorError LOG_UNDECODABLE for a parameter set this version does not know */
export function paramsTypeOf(value: number): ParamsType {
  if (value !== 0 && value !== 1) throw new ConnectorError('LOG_UNDECODABLE', `paramsType ${value} is neither 0 nor 1`)
  return value
}
