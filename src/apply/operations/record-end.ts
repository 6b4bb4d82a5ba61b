/** Writes down how runs ended, before anything of them is cleared. */
import { join } from 'node:path';
import type { RecordEnd } from '../../model/plan.ts';
import { captureScreens } from '../../observe/pane-looks.ts';
import { describeWork } from '../../observe/work.ts';
import { formatCrashRecord } from '../../record/crash.ts';
import { done, type ApplyContext, type Operation } from '../context.ts';
import { eachAlone } from '../each.ts';

const SCROLLBACK_LINES = 5_000;

export const recordEnd: Operation<'record-end'> = async (actions, context) => {
  const outcomes = await eachAlone(actions, async (action) => {
    const { agent, ended, restarts, limits } = action;
    // An agent that runs into its limit again and again shows the same each time.
    const worth =
      ended.cause === 'limit' ? limits <= 1 : ended.cause === 'crash' || action.pane !== undefined;
    const record = worth && ended.cause !== 'exit' ? await saveCrashRecord(action, context) : undefined;
    context.state.change(agent, (entry) => {
      entry.ended = { ...ended, ...(record === undefined ? {} : { record }) };
      entry.restarts = restarts;
      if (limits > 0) entry.limits = limits;
      else delete entry.limits;
      delete entry.run;
      delete entry.stopping;
    });
    if (action.outage)
      context.state.current.outageAt = Math.max(context.state.current.outageAt ?? 0, ended.at);
    context.host.files.remove(context.places.lock(agent));
    return done(action, undefined, record);
  });
  context.state.save();
  return outcomes;
};

/**
 * A folder with how the run ended, its last screen and scrollback, and what lay in its worktree. Made beside and moved into
 * place whole; one that an interrupted apply made for the same run is taken as it is.
 */
async function saveCrashRecord(action: RecordEnd, context: ApplyContext): Promise<string> {
  const { host, fleet, places } = context;
  const { agent, ended, pane, workplace } = action;
  const folder = join(places.crashes, agent);
  if (host.files.stat(folder)?.kind === 'link') host.files.remove(folder);
  host.files.mkdir(folder);
  const run = nameOf(ended.run);
  const earlier = host.files.list(folder).find((name) => name.endsWith(`_${run}`));
  if (earlier !== undefined) return join(folder, earlier);

  const time = new Date(ended.at).toISOString().replaceAll(':', '').replace(/\.\d+/, '');
  const place = join(folder, `${time}_${run}`);
  const unfinished = join(folder, `.${run}.unfinished`);
  host.files.mkdir(unfinished);
  const git = workplace === undefined ? undefined : await gitState(context, workplace);
  const screens =
    pane === undefined
      ? new Map<string, string>()
      : await captureScreens(host, fleet.tmux.socketName, [pane.id], SCROLLBACK_LINES);
  const screen = pane === undefined ? undefined : screens.get(pane.id);
  if (screen !== undefined) host.files.write(join(unfinished, 'screen.txt'), `${screen}\n`);
  if (git !== undefined) host.files.write(join(unfinished, 'git.txt'), git);
  const record = formatCrashRecord({
    fleet: fleet.name,
    agent,
    ended,
    restarts: action.restarts,
    workplace,
    screen: screen === undefined ? undefined : 'screen.txt',
    git: git === undefined ? undefined : 'git.txt',
  });
  host.files.write(join(unfinished, 'record.json'), record, { durable: true });
  host.files.rename(unfinished, place);
  return place;
}

/** A run that only a lock tells of has the name that the lock gives it, which may be anything. */
const nameOf = (run: string): string => run.replace(/[^A-Za-z0-9.-]/g, '_').slice(0, 80);

async function gitState({ host }: ApplyContext, folder: string): Promise<string | undefined> {
  if (host.files.stat(join(folder, '.git')) === undefined) return undefined;
  return describeWork(host, folder);
}
