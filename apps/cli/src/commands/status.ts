import { COMMAND_EXIT, defineCommand, JSON_OPTION } from '../command.ts'
import { readNode } from '../node/nodeFacts.ts'
import { pagesOf } from '../node/pages.ts'
import { statusLines } from '../node/statusLines.ts'

export const status = defineCommand({
  usage: '[--endpoint URL]... [--json] [OPTIONS]',
  describe: `
The four numbers that matter - how far the listener is behind, the oldest open request, dead letters, how long
the wallet lasts - and what would page you next, and when. Changes nothing. Ends with 2 when something is due
now or could not be looked at.`,
  options: {
    endpoint: {
      type: 'string',
      short: 'e',
      multiple: true,
      value: 'URL',
      describe: 'monitoring of a service, for the latency of the KMS Core',
    },
    ...JSON_OPTION,
  },
  async run(context, { endpoint, json }) {
    const facts = await readNode(context, endpoint)
    const pages = pagesOf(facts)
    if (json) context.printJson({ ...facts, pages })
    else context.print(...statusLines(facts))
    return pages[0]?.inMs === 0 || facts.gaps.length > 0 ? COMMAND_EXIT.problems : COMMAND_EXIT.done
  },
})
