#!/usr/bin/env node
import { frontDoor } from './frontDoor.ts'

process.exit(await frontDoor(process.argv.slice(2)))
