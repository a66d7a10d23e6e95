import { COMMAND_EXIT, defineCommand, JSON_OPTION } from '../command.ts'
import { TABLE } from '../request/brokerFacts.ts'
import { gatherRequestFacts } from '../request/gatherRequestFacts.ts'
import { subjectOf } from '../request/subject.ts'
import { verdictOf } from '../request/verdict.ts'
import { verdictLines } from '../request/verdictLines.ts'

export const why = defineCommand({
  usage: 'ID|TRANSACTION [--json] [OPTIONS]',
  describe: `
Tells why a request is not answered, and what to do about it. ID is the id of the request, in hex or decimal;
TRANSACTION is the hash of the transaction that asked for it. Looks at the streams, the Gateway, the host
chains, the buckets, the KMS Core and the wallet, and changes nothing.

Give the settings of all services, so that it can look everywhere:
  --config gw-listener.toml --config kms-worker.toml --config tx-sender.toml`,
  takes: [1, 1],
  options: JSON_OPTION,
  async run(context, { json }, [text = '']) {
    const { gateway_chain_id: chainId } = context.settings
    const subject = await subjectOf(text, TABLE, chainId, () => context.gateway())
    const facts = await gatherRequestFacts(context, subject)
    const verdict = verdictOf(facts)
    if (json) context.printJson({ id: facts.id, operation: facts.operation, ...verdict, gaps: facts.gaps })
    else context.print(...verdictLines(facts, verdict))
    return verdict.status === 'done' || verdict.status === 'waiting' ? COMMAND_EXIT.done : COMMAND_EXIT.problems
  },
})
