#!/usr/bin/env node
import { runAsProcess } from '@kms-connector/service-kit'
import { gwListener } from './service.ts'

await runAsProcess(gwListener)
