/** What can be seen of the user's own tmux server without a word to it: its socket file, and the processes in its panes. */
import type { Host } from '../../../host/host.ts';
import { tmuxSocket } from '../../../observe/tmux-socket.ts';

export interface DefaultServer {
  socket: string;
  /** When the socket was made; absent: there is none. */
  socketMadeAt?: number;
  /** The programs in its panes, `PID.START`, and the server, if it has any. */
  panes: ReadonlySet<string>;
  server?: string;
}

export function lookAtDefaultServer(host: Host): DefaultServer {
  const socket = tmuxSocket(host, 'default');
  const made = host.files.stat(socket)?.modifiedAt;
  const panes = new Set<string>();
  let server: string | undefined;
  for (const { pid, parent, startTime } of host.processes.list()) {
    // tmux tells each program in a pane the socket and the pid of its server (tmux(1), ENVIRONMENT); children keep it.
    const { TMUX, TMUX_PANE } = host.processes.environment(pid) ?? {};
    if (TMUX_PANE === undefined || TMUX?.startsWith(`${socket},`) !== true) continue;
    if (Number(TMUX.slice(socket.length + 1).split(',')[0]) !== parent) continue;
    const serverStart = host.processes.startTime(parent);
    if (serverStart !== undefined) server = `${parent}.${serverStart}`;
    panes.add(`${pid}.${startTime}`);
  }
  return {
    socket,
    panes,
    ...(made === undefined ? {} : { socketMadeAt: made }),
    ...(server === undefined ? {} : { server }),
  };
}

/** What has become of it, in words; undefined: nothing. */
export function changeOf(before: DefaultServer, after: DefaultServer): string | undefined {
  const { socket } = before;
  if (before.socketMadeAt !== after.socketMadeAt) {
    if (before.socketMadeAt === undefined) return `a server was started on ${socket}`;
    return after.socketMadeAt === undefined
      ? `its socket ${socket} is gone`
      : `its socket ${socket} was made anew`;
  }
  const pid = (key: string): string => key.split('.')[0] ?? key;
  if (before.server !== undefined && after.server !== undefined && before.server !== after.server)
    return `its server is another one (pid ${pid(before.server)} before, ${pid(after.server)} now)`;
  const gone = [...before.panes].filter((pane) => !after.panes.has(pane));
  if (gone.length > 0) return `a program in its panes has ended (pid ${gone.map(pid).join(', ')})`;
  const come = [...after.panes].filter((pane) => !before.panes.has(pane));
  return come.length > 0 ? `it has a new pane (pid ${come.map(pid).join(', ')})` : undefined;
}
