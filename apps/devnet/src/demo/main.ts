#!/usr/bin/env node
import { runProgram } from '../process/runProgram.ts'
import { parseDemoCommand, USAGE } from './demoOptions.ts'
import { runDemo } from './runDemo.ts'

await runProgram(parseDemoCommand(process.argv.slice(2)), USAGE, runDemo)
