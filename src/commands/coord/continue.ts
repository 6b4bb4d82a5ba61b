/** `mosaic coord continue`: what the next session is told. */
import { put } from '../../coord/write.ts';
import { promptKind } from '../../mission/turn.ts';
import { defined } from '../../report/defined.ts';
import { reportJson } from '../../report/mission-json.ts';
import { sessionSentence, viewOf } from '../../report/mission-parts.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { inWords } from './in-words.ts';
import {
  requireMission,
  requireTask,
  requireTasks,
  type CoordOptions,
  type FoundMission,
} from './project.ts';
import { requireOpen } from './run.ts';
import { runtimeOf } from './runtime.ts';
import { sendTo, type Sent } from './send.ts';
import { textsOf } from './texts.ts';

export interface CoordContinueOptions extends CoordOptions {
  task?: string;
  runtime?: string;
  send?: string;
  file?: string;
}

export const coordContinueCommand = (
  context: CommandContext,
  options: CoordContinueOptions,
): Promise<number> =>
  inWords(async () => {
    const { host, terminal } = context;
    const found = requireMission(context, options);
    requireOpen(found);
    const tasks = requireTasks(context, found);
    const { seen } = found;
    const task = options.task === undefined ? undefined : requireTask(tasks, options.task, seen.places.tasks);
    if (options.send !== undefined) {
      const sent = await sendTo(context, found, { ...options, agent: options.send });
      if (options.json === true) terminal.out(continueJson(found, sent.prompt, sent));
      else
        terminal.out(
          `The prompt was typed to ${sent.agent}${sent.session === undefined ? '' : `, as ${sent.session}`}.\n`,
        );
      return EXIT.ok;
    }
    const { kind } = seen.lock;
    if (kind !== 'none') {
      const advice =
        kind === 'dead' || kind === 'corrupt' ? ` Recover first: mosaic coord resume${found.where}` : '';
      terminal.err(`mosaic: ${sessionSentence(viewOf(seen, host.clock.now()))}${advice}\n`);
    }
    const { prompt, capsule } = await textsOf(host, found, {
      // What a session that is still at work has begun is nobody's to recover.
      kind: kind === 'none' || kind === 'dead' ? promptKind(found.record) : 'continue',
      runtime: runtimeOf(found.record, options.runtime),
      ...(task === undefined ? {} : { task }),
    });
    put(host.files, seen.places.capsule, capsule);
    terminal.out(options.json === true ? continueJson(found, prompt) : prompt);
    return EXIT.ok;
  });

const continueJson = ({ project, seen }: FoundMission, prompt: string, sent?: Sent): string =>
  reportJson(
    defined({
      format_version: 1 as const,
      project,
      capsule: seen.places.capsule,
      prompt,
      sent: sent === undefined ? undefined : defined({ agent: sent.agent, session_id: sent.session }),
    }),
  );
