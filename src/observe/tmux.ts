/** The sessions and panes of our socket, in one call. */
import { signalNumber } from '../base/signals.ts';
import type { Host } from '../host/host.ts';
import type { PaneSeen, SessionSeen, TmuxSeen } from '../model/observation.ts';
import { known, unknown, type Source } from '../model/source.ts';
import { HOOK_LINE, hooksIn } from '../render/hook.ts';
import { KICKSTARTED, MARK, parseMark, REVISION } from '../render/mark.ts';

/** Begins every tmux command line: UTF-8, and never the default server. */
export const tmuxArgs = (socket: string): string[] => ['-u', '-L', socket];

// Colons part the fields: numbers first, then the session's name, in which tmux allows none, then our mark. A revision counts only
// as what it should be: what anybody else has set there must not get between the fields.
const FORMAT = [
  '#{pid}:#{start_time}:#{session_id}:#{session_created}:#{session_attached}:#{session_activity}',
  '#{pane_id}:#{pane_pid}:#{pane_dead}:#{pane_dead_status}:#{pane_dead_signal}:#{pane_dead_time}',
  `#{==:#{${KICKSTARTED}},sent}#{==:#{${KICKSTARTED}},typed}`,
  `#{?#{m/r:^[0-9a-f]+$,#{${REVISION}}},#{${REVISION}},}:#{session_name}:#{${MARK}}`,
].join(':');

const LINE =
  /^(\d+):(\d+):(\$\d+):(\d+):(\d+):(\d*):(%\d+):(\d+):([01]?):(\d*):(\w*):(\d*):([01])([01]):([0-9a-f]*):([^:]*):(.*)$/;

export async function observeTmux(host: Host, socket: string): Promise<Source<TmuxSeen>> {
  const query = ['list-panes', '-a', '-F', FORMAT, ';', 'show-hooks', '-g', 'pane-died'];
  const result = await host.exec('tmux', [...tmuxArgs(socket), ...query]);
  if (result.failure === 'missing') {
    return unknown('tmux is not installed', 'Install tmux 3.2 or later (Debian: apt-get install tmux).');
  }
  if (result.failure !== undefined) return unknown(`tmux did not answer: ${result.message}`);
  if (result.code !== 0) {
    if (saysNoServer(result.stderr)) return (await tooOld(host)) ?? known({ sessions: [] });
    return unknown(`tmux failed: ${result.stderr.trim() || `exit ${result.code}`}`);
  }
  return parseTmux(result.stdout);
}

/** Options of commands that came with 3.2 start an agent (`new-session -e`); a server that runs has shown that it knows them. */
async function tooOld(host: Host): Promise<Source<never> | undefined> {
  const { stdout } = await host.exec('tmux', ['-V']);
  const [, major, minor] = /^tmux (?:next-)?(\d+)\.(\d+)/.exec(stdout) ?? [];
  if (major === undefined || Number(major) * 100 + Number(minor) >= 302) return undefined;
  return unknown(
    `tmux ${major}.${minor} is too old`,
    'Install tmux 3.2 or later (Debian 12 and later have it: apt-get install tmux).',
  );
}

/** tmux has two ways to say that no server runs; any other failure is not that. */
export const saysNoServer = (stderr: string): boolean =>
  /^no server running on /m.test(stderr) ||
  /^error connecting to .* \((No such file or directory|Connection refused)\)$/m.test(stderr);

export function parseTmux(text: string): Source<TmuxSeen> {
  const seen: TmuxSeen = { sessions: [] };
  const sessions = new Map<string, SessionSeen>();
  const lines = text.split('\n');
  const hooks = lines.findIndex((line) => HOOK_LINE.test(line));
  if (hooks !== -1) seen.hooks = hooksIn(lines.slice(hooks).join('\n'));
  for (const line of hooks === -1 ? lines : lines.slice(0, hooks)) {
    if (line === '') continue;
    const fields = LINE.exec(line);
    if (fields === null) return unknown(`tmux answered what is no list of panes: ${line.slice(0, 100)}`);
    const [, pid, startTime, id, created, attached, activity, paneId, panePid, dead, status, signal, diedAt] =
      fields as unknown as string[];
    const [told, typed, revision, name, text] = fields.slice(13) as [string, string, string, string, string];
    const mark = parseMark(text);
    seen.server = { pid: Number(pid), startTime: Number(startTime) };
    const session: SessionSeen = sessions.get(id ?? '') ?? {
      id: id ?? '',
      name,
      createdAt: Number(created) * 1000,
      attached: Number(attached),
      activityAt: Number(activity) * 1000,
      kickstartPending: mark?.awaitsKickstart === true && told !== '1',
      ...(typed === '1' ? { kickstartTyped: true } : {}),
      ...(revision === '' ? {} : { revision }),
      panes: [],
      ...(mark === undefined ? {} : { owner: mark.owner }),
      ...(mark?.started === undefined ? {} : { started: mark.started }),
    };
    sessions.set(session.id, session);
    const pane = parsePane({ paneId, panePid, dead, status, signal, diedAt });
    session.panes.push({ id: pane.id, pid: pane.pid, dead: pane.dead });
    if (mark?.pane !== undefined && mark.pane === paneId) session.pane = pane;
  }
  seen.sessions = [...sessions.values()];
  return known(seen);
}

function parsePane(text: Record<string, string | undefined>): PaneSeen {
  const number = (value: string | undefined): number | undefined =>
    value === undefined || value === '' || !/^\d+$/.test(value) ? undefined : Number(value);
  const status = number(text['status']);
  // Some builds of tmux name a signal where others number it.
  const signal = number(text['signal']) ?? signalNumber(`SIG${(text['signal'] ?? '').replace(/^SIG/, '')}`);
  const diedAt = number(text['diedAt']);
  const dead = text['dead'] === '1';
  return {
    id: text['paneId'] ?? '',
    pid: Number(text['panePid']),
    dead,
    ...(dead && signal > 0 ? { signal } : {}),
    ...(dead && status !== undefined && !(signal > 0) ? { status } : {}),
    ...(dead && diedAt !== undefined && diedAt > 0 ? { diedAt: diedAt * 1000 } : {}),
  };
}
