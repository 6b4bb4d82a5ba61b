/** What panes show, and what stands between them and a key. */
import type { Host } from '../host/host.ts';
import { plainText } from '../message/escapes.ts';
import { known, unknown, type Source } from '../model/source.ts';
import { tmuxArgs } from './tmux.ts';

export interface PaneLook {
  /** The visible screen, and as many lines above it as were asked for, with escape sequences. */
  text: string;
  title: string;
  pid: number;
  dead: boolean;
  /** Somebody scrolls in it: keys go to tmux. */
  inMode: boolean;
  /** Keys go to other panes too. */
  synchronized: boolean;
  /** Keys go nowhere. */
  inputOff: boolean;
  /** Of its window. */
  columns: number;
  rows: number;
  /** Clients that show its session. */
  attached: number;
  /** Epoch ms of its window's last output. */
  activityAt: number;
}

const FORMAT = [
  '#{pane_dead}:#{pane_synchronized}:#{pane_input_off}:#{pane_in_mode}',
  '#{window_width}:#{window_height}:#{session_attached}',
  '#{pane_pid} #{window_activity}',
  '#{pane_title}',
].join(' ');

/**
 * Several panes in one call, by pane id. A pane that is gone is left out; unknown where tmux does not answer at all.
 * @param history lines above the screen
 */
export async function lookAtPanes(
  host: Host,
  socket: string,
  panes: readonly string[],
  history = 0,
): Promise<Source<Map<string, PaneLook>>> {
  if (panes.length === 0) return known(new Map());
  // The message is expanded as a format and as a time, so the fence holds neither `#` nor `%`.
  const fence = `=== mosaic ${host.facts.pid} ${host.clock.now()} look `;
  const from = history > 0 ? ` -S -${history}` : '';
  const script = panes.map(
    (id) =>
      `display-message -p -t '${id}' '${fence}${id.slice(1)} ${FORMAT}'\ncapture-pane -p -e -J${from} -t '${id}'\n`,
  );
  const result = await host.exec('tmux', [...tmuxArgs(socket), 'source-file', '-'], {
    input: script.join(''),
  });
  // Of a pane that is gone only its own lines fail.
  if (result.code === undefined) return unknown(`tmux did not answer: ${result.message}`);
  const looks = new Map<string, PaneLook>();
  for (const part of result.stdout.split(fence).slice(1)) {
    const look = parse(part);
    if (look !== undefined) looks.set(look.id, look.look);
  }
  return known(looks);
}

/** As `lookAtPanes`, the text alone; where tmux does not answer, none: a screen is only ever a hint. */
export async function captureScreens(
  host: Host,
  socket: string,
  panes: readonly string[],
  history = 0,
): Promise<Map<string, string>> {
  const looks = await lookAtPanes(host, socket, panes, history);
  if (!looks.known) return new Map();
  return new Map([...looks.value].map(([id, { text }]) => [id, plainText(text).trimEnd()]));
}

/** A screen without what tmux itself writes below the last words of a program that has ended. */
export const withoutNotice = (screen: string): string =>
  screen.replace(/\s*^Pane is dead \([^\n]*\)\s*$(?![^])/m, '');

function parse(part: string): { id: string; look: PaneLook } | undefined {
  const end = part.indexOf('\n');
  const [
    ,
    id = '',
    dead,
    synchronized,
    inputOff,
    inMode,
    columns,
    rows,
    attached,
    pid,
    activity,
    title = '',
  ] = /^(\d+) (\d*):(\d*):(\d*):(\d*) (\d*):(\d*):(\d*) (\d+) (\d*) (.*)$/.exec(part.slice(0, end)) ?? [];
  if (id === '') return undefined;
  return {
    id: `%${id}`,
    look: {
      // Blank lines below go; what a prompt ends with stays.
      text: part.slice(end + 1).replace(/(?:\n[ \t]*)+$/, ''),
      title,
      pid: Number(pid),
      dead: dead === '1',
      inMode: Number(inMode) > 0,
      synchronized: synchronized === '1',
      inputOff: inputOff === '1',
      columns: Number(columns),
      rows: Number(rows),
      attached: Number(attached),
      activityAt: Number(activity) * 1000,
    },
  };
}
