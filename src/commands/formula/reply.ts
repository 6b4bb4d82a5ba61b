/** `mosaic formula reply`: a person's answer to an escalation. */
import { byteLength } from '../../base/text.ts';
import type { Host } from '../../host/host.ts';
import { withoutControls } from '../../message/clean.ts';
import { formulaPlaces } from '../../model/formula.ts';
import { placesOf } from '../../model/places.ts';
import { replyJsonText, replyText } from '../../report/formula-reply.ts';
import { runningRun } from '../../runs/record.ts';
import { MAX_REPLY_BYTES, putReply, waitingReplies } from '../../runs/replies.ts';
import { requireText } from '../agent/text.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { requireKnown } from './known.ts';

const FIX = 'Give it after the name, or on standard input with -, from a file or a pipe.';

/** An agent's name has at most 40. */
const LONGEST_SENDER = 60;

/** @param words the answer; none, or `-`: it is on standard input */
export async function formulaReplyCommand(
  context: CommandContext,
  given: string,
  words: readonly string[],
  options: FleetOptions,
): Promise<number> {
  const { host, terminal } = context;
  const sender = senderOf(host);
  const { fleet } = await requireFleet(context, options);
  const { name } = requireKnown(host, fleet, given);
  const text = await answer(context, words, sender);
  const places = formulaPlaces(placesOf(fleet.name, host.facts), name);
  putReply(host, places, text);
  const run = runningRun(host, places);
  const report = {
    formula: name,
    ...(run === undefined ? {} : { run: run.id, isDeaf: run.takesInput === false }),
    waiting: waitingReplies(host.files, places).length,
  };
  terminal.out(options.json === true ? replyJsonText(fleet.name, report) : replyText(report));
  return EXIT.ok;
}

/**
 * The agent in whose session this is called, if any: what it says is no word of the operator's. Throws CommandError in a formula's own
 * session, whose agent would answer its own question.
 */
function senderOf({ facts: { env } }: Host): string | undefined {
  const formula = env['MOSAIC_FORMULA'] ?? '';
  if (formula !== '')
    throw new CommandError('answers come from a person, and this is the session of a formula', EXIT.failed, {
      fix: 'Write PHASE:escalate into the phase file, and wait for the answer.',
    });
  const agent = withoutControls(env['MOSAIC_AGENT'] ?? '').text.trim();
  return agent === '' ? undefined : agent.slice(0, LONGEST_SENDER);
}

/** Throws CommandError. */
async function answer(
  context: CommandContext,
  words: readonly string[],
  sender: string | undefined,
): Promise<string> {
  const isGiven = words.length > 0 && !(words.length === 1 && words[0] === '-');
  const given = await requireText(context, {
    ...(isGiven ? { message: words.join(' ') } : {}),
    what: 'answer',
    fix: FIX,
  });
  const said = withoutControls(given).text.trim();
  if (said === '') throw new CommandError('the answer is blank', EXIT.usage, { fix: FIX });
  const text =
    sender === undefined
      ? said
      : `(The agent ${sender} of the fleet says this, not the operator.)\n\n${said}`;
  const bytes = byteLength(text);
  if (bytes <= MAX_REPLY_BYTES) return text;
  const most = MAX_REPLY_BYTES.toLocaleString('en');
  throw new CommandError(
    `the answer has ${bytes.toLocaleString('en')} bytes; at most ${most} are given to an agent`,
    EXIT.usage,
    { fix: 'Put it in a file, and answer where that is.' },
  );
}
