import { writeFile } from 'node:fs/promises'
import { bundleFiles } from '../bundle/bundleFiles.ts'
import { tarGz } from '../bundle/tarGz.ts'
import { COMMAND_EXIT, defineCommand } from '../command.ts'
import { sizeText } from '../sizes.ts'

export const bundle = defineCommand({
  usage: '[--out FILE] [OPTIONS]',
  describe: `
Writes an archive for whoever helps you: settings without secrets, state of streams and consumers, recent faults
without the messages they are about, what doctor and status say, versions. Changes nothing on the node. Look
through it before you send it: it holds addresses, endpoints and ids.`,
  options: {
    out: { type: 'string', short: 'o', value: 'FILE', describe: 'where to; kms-connector-<time>.tar.gz by default' },
  },
  async run(context, { out }) {
    const now = new Date()
    const path = out ?? `kms-connector-${now.toISOString().slice(0, 19).replaceAll(':', '')}.tar.gz`
    const files = await bundleFiles(context)
    const archive = tarGz(files, now.getTime())
    await writeFile(path, archive, { mode: 0o600, flag: 'wx' })
    context.print(
      `${path}  ${sizeText(archive.length)}`,
      ...files.map(({ name, text }) => `  ${name}  ${sizeText(Buffer.byteLength(text))}`),
    )
    return COMMAND_EXIT.done
  },
})
