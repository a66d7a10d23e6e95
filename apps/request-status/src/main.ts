#!/usr/bin/env node
import { runAsProcess } from '@kms-connector/service-kit'
import { requestStatus } from './service.ts'

await runAsProcess(requestStatus)
