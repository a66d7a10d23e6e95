#!/usr/bin/env node
import { runAsProcess } from '@kms-connector/service-kit'
import { kmsWorker } from './service.ts'

await runAsProcess(kmsWorker)
