#!/usr/bin/env node
import { runAsProcess } from '@kms-connector/service-kit'
import { txSender } from './service.ts'

await runAsProcess(txSender)
