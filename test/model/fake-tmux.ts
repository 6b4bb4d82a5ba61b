/** One tmux server per socket, as far as mosaic can tell: sessions of panes, options, buffers, and its own words for failures. */
import type { ExecResult } from '../../src/host/host.ts';
import { expandFormat, isTrue, optionsOf, parseCommands } from './tmux-language.ts';
import type { ProcessTable } from './fake-processes.ts';

export interface FakePane {
  id: string;
  pid: number;
  options: Map<string, string>;
  dead?: { status?: number; signal?: number; at: number };
  screen: string;
  cwd: string;
}

export interface FakeSession {
  id: string;
  name: string;
  createdAt: number;
  options: Map<string, string>;
  /** Absent: as the server has it. */
  remainOnExit?: boolean;
  panes: FakePane[];
}

interface Server {
  pid: number;
  startTime: number;
  sessions: FakeSession[];
  buffers: Map<string, string>;
  /** What is run on an event, by the event and its place in the list of it. */
  hooks: Map<string, string>;
  remainOnExit: boolean;
  nextSession: number;
  nextPane: number;
}

/** What the server needs of the machine that it runs on. */
export interface Surroundings {
  processes: ProcessTable;
  now(): number;
  read(path: string): string | undefined;
  /** Whether control groups can be made, and one of this name can. */
  mayScope(name: string): boolean;
}

export interface FakeTmux {
  exec(args: readonly string[], input: string): ExecResult;
  sessions(): FakeSession[];
  /** Ends the server with all of its sessions. */
  kill(): void;
  /** Takes its socket out of reach: the server and all in it live on, and nothing answers there. */
  loseSocket(): void;
  /** Makes it again, as SIGUSR1 does (tmux(1)). */
  findSocket(): void;
  /** Moves the pane of one session into another, as join-pane does. */
  joinPane(from: string, to: string): void;
  /** Ends one session, as its user would. */
  killSession(name: string): void;
  /** A session that mosaic did not make. */
  newForeign(name: string): FakeSession | undefined;
}

class Failure extends Error {}

export function fakeTmux(around: Surroundings): FakeTmux {
  let server: Server | undefined;
  let lost: Server | undefined;

  const noServer = (): never => {
    throw new Failure('no server running on /tmp/tmux-1000/test');
  };
  const needServer = (): Server => server ?? noServer();

  function startServer(): Server {
    const started = around.processes.start({ parent: 1, env: {}, cwd: '/', ended: () => stopServer() });
    server = {
      pid: started.pid,
      startTime: Math.floor(around.now() / 1000),
      sessions: [],
      buffers: new Map(),
      hooks: new Map(),
      remainOnExit: false,
      nextSession: 0,
      nextPane: 0,
    };
    return server;
  }

  function stopServer(): void {
    const gone = server;
    server = undefined;
    for (const { panes } of gone?.sessions ?? []) hangUp(panes);
    if (gone !== undefined) around.processes.end(gone.pid, { signal: 15 });
  }

  const hangUp = (panes: readonly FakePane[]): void => {
    for (const { pid, dead } of panes) if (dead === undefined) around.processes.end(pid, { signal: 1 });
  };

  function removeSession(session: FakeSession): void {
    if (server === undefined) return;
    server.sessions = server.sessions.filter((other) => other !== session);
    hangUp(session.panes);
    if (server.sessions.length === 0) stopServer();
  }

  function find(target: string): { session: FakeSession; pane: FakePane | undefined } | undefined {
    const name = target.replace(/:$/, '');
    for (const session of server?.sessions ?? []) {
      const pane = session.panes.find(({ id }) => id === name);
      if (pane !== undefined) return { session, pane };
      if (session.id === name || `=${session.name}` === name) return { session, pane: session.panes[0] };
    }
    return undefined;
  }

  function need(target: string): { session: FakeSession; pane: FakePane | undefined } {
    needServer();
    const found = find(target);
    if (found === undefined) throw new Failure(`can't find session: ${target}`);
    return found;
  }

  function variableOf(
    session: FakeSession | undefined,
    pane: FakePane | undefined,
  ): (name: string) => string {
    const dead = pane?.dead;
    const seconds = (at: number | undefined): string => (at === undefined ? '' : `${Math.floor(at / 1000)}`);
    const values: Record<string, string | number | undefined> = {
      pid: server?.pid,
      start_time: server?.startTime,
      session_id: session?.id,
      session_name: session?.name,
      session_created: seconds(session?.createdAt),
      session_activity: seconds(session?.createdAt),
      session_attached: session === undefined ? undefined : 0,
      pane_id: pane?.id,
      pane_pid: pane?.pid,
      pane_dead: dead === undefined ? 0 : 1,
      pane_dead_status: dead?.status,
      pane_dead_signal: dead?.signal,
      pane_dead_time: seconds(dead?.at),
      pane_current_path: pane?.cwd,
      pane_title: '',
      window_width: 200,
      window_height: 50,
      pane_in_mode: 0,
      pane_input_off: 0,
      pane_synchronized: 0,
      window_activity: seconds(session?.createdAt),
    };
    return (name) => {
      if (name.startsWith('@')) return pane?.options.get(name) ?? session?.options.get(name) ?? '';
      if (!(name in values)) throw new Error(`the fake tmux knows no variable ${name}`);
      return `${values[name] ?? ''}`;
    };
  }

  function newSession(words: readonly string[]): void {
    const { values, rest } = optionsOf(words, 'sxycne');
    const name = values.get('s')?.[0] ?? '';
    const running = server ?? startServer();
    if (running.sessions.some((session) => session.name === name)) {
      throw new Failure(`duplicate session: ${name}`);
    }
    const cwd = expandFormat(values.get('c')?.[0] ?? '/', () => '');
    const pairs = (values.get('e') ?? []).map((pair) => pair.split(/=([^]*)/, 2) as [string, string]);
    const number = running.nextSession++;
    const session: FakeSession = {
      id: `$${number}`,
      name,
      createdAt: Math.floor(around.now() / 1000) * 1000,
      options: new Map(),
      panes: [],
    };
    const pane: FakePane = { id: `%${running.nextPane++}`, pid: 0, options: new Map(), screen: '', cwd };
    session.panes.push(pane);
    running.sessions.push(session);
    const env = { ...Object.fromEntries(pairs), TMUX: `/tmp/tmux-1000/test,${running.pid},${number}` };
    startProgram(running, pane, { command: rest, env });
  }

  function startProgram(
    running: Server,
    pane: FakePane,
    { command, env }: { command: readonly string[]; env: Record<string, string> },
  ): void {
    const scope = command.find((word) => word.startsWith('--unit='))?.slice('--unit='.length);
    const refused = scope !== undefined && !around.mayScope(scope);
    const program = command.at(-1);
    const status = refused || program === 'false' ? 1 : program === 'true' ? 0 : undefined;
    pane.screen = status === undefined ? '$ ' : '';
    pane.pid = around.processes.start({
      parent: running.pid,
      env,
      cwd: pane.cwd,
      ...(scope === undefined || refused ? {} : { scope }),
      ...(status === undefined ? {} : { ends: { at: around.now() + 50, status } }),
      ended: (how) => paneEnded(pane, how),
    }).pid;
  }

  function paneEnded(pane: FakePane, how: { status?: number; signal?: number }): void {
    const session = server?.sessions.find(({ panes }) => panes.includes(pane));
    if (server === undefined || session === undefined) return;
    if (session.remainOnExit ?? server.remainOnExit) {
      pane.dead = { ...how, at: Math.floor(around.now() / 1000) * 1000 };
      pane.screen += '\nPane is dead';
      return;
    }
    session.panes = session.panes.filter((other) => other !== pane);
    if (session.panes.length === 0) removeSession(session);
  }

  function setOption(words: readonly string[]): void {
    const { values, flags, rest } = optionsOf(words, 't');
    const [name = '', text = ''] = rest;
    if (flags.has('g') && name === 'remain-on-exit') needServer().remainOnExit = text === 'on';
    if (flags.has('s') || flags.has('g')) return;
    const { session, pane } = need(values.get('t')?.[0] ?? '');
    const value = flags.has('F') ? expandFormat(text, variableOf(session, pane)) : text;
    if (name === 'remain-on-exit') session.remainOnExit = value === 'on';
    else (flags.has('p') ? pane?.options : session.options)?.set(name, value);
  }

  function ifShell(words: readonly string[], input: string): string {
    const { values, rest } = optionsOf(words, 't');
    const [condition = '', then = '', otherwise = ''] = rest;
    needServer();
    const found = find(values.get('t')?.[0] ?? '');
    const truth = isTrue(expandFormat(condition, variableOf(found?.session, found?.pane)));
    return script(truth ? then : otherwise, input);
  }

  function listPanes(words: readonly string[]): string {
    const format = optionsOf(words, 'F').values.get('F')?.[0] ?? '';
    const lines = needServer().sessions.flatMap((session) =>
      session.panes.map((pane) => `${expandFormat(format, variableOf(session, pane))}\n`),
    );
    return lines.join('');
  }

  function sourceFile(words: readonly string[], input: string): string {
    needServer();
    const { rest } = optionsOf(words, '');
    return rest
      .map((path) => {
        const text = path === '-' ? input : around.read(path.replace(/\\(.)/g, '$1'));
        if (text === undefined) throw new Failure(`No such file or directory: ${path}`);
        return script(text, '');
      })
      .join('');
  }

  /** Goes on after a line that fails, and fails in the end; a chain stops where it fails. */
  function script(text: string, input: string): string {
    let out = '';
    const failures: string[] = [];
    for (const chain of parseCommands(text)) {
      try {
        for (const command of chain) out += one(command, input);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failures.push(error.message);
      }
    }
    if (failures.length > 0) throw new Failure(failures.join('\n'));
    return out;
  }

  function one([name = '', ...words]: readonly string[], input: string): string {
    const target = (): string => optionsOf(words, 'tbSE').values.get('t')?.[0] ?? '';
    switch (name) {
      case 'start-server':
        if (server === undefined) startServer();
        return '';
      case 'new-session':
        newSession(words);
        return '';
      case 'set-option':
        setOption(words);
        return '';
      case 'if-shell':
        return ifShell(words, input);
      case 'list-panes':
        return listPanes(words);
      case 'source-file':
        return sourceFile(words, input);
      case 'kill-session':
        removeSession(need(target()).session);
        return '';
      case 'rename-session': {
        const [to = ''] = optionsOf(words, 't').rest;
        if (find(`=${to}`) !== undefined) throw new Failure(`duplicate session: ${to}`);
        need(target()).session.name = to;
        return '';
      }
      case 'display-message': {
        const asked = optionsOf(words, 't').values.get('t')?.[0];
        const { session, pane } = asked === undefined ? {} : need(asked);
        return `${expandFormat(words.at(-1) ?? '', variableOf(session, pane))}\n`;
      }
      case 'delete-buffer':
        needServer().buffers.delete(optionsOf(words, 'b').values.get('b')?.[0] ?? '');
        return '';
      case 'capture-pane':
        return `${need(target()).pane?.screen ?? ''}\n`;
      case 'load-buffer':
        needServer().buffers.set(optionsOf(words, 'b').values.get('b')?.[0] ?? '', input);
        return '';
      case 'paste-buffer': {
        const { pane } = need(target());
        const buffer = optionsOf(words, 'bt').values.get('b')?.[0] ?? '';
        if (pane !== undefined) pane.screen += needServer().buffers.get(buffer) ?? '';
        return '';
      }
      case 'copy-mode':
      case 'send-keys':
        need(target());
        return '';
      case 'run-shell':
        return '';
      case 'set-hook':
        needServer().hooks.set(words.at(-2) ?? '', words.at(-1) ?? '');
        return '';
      case 'show-hooks':
        return [...needServer().hooks].map(([event, command]) => `${event} ${command}\n`).join('');
      default:
        throw new Error(`the fake tmux knows no command ${name}`);
    }
  }

  return {
    exec(args, input) {
      if (args[0] === '-V') return { code: 0, stdout: 'tmux 3.3a\n', stderr: '' };
      const rest = args.slice(args.indexOf('-L') + 2);
      const conf = rest[0] === '-f' ? rest.splice(0, 2)[1] : undefined;
      if (conf !== undefined && server === undefined && rest[0] === 'start-server') {
        startServer();
        script(around.read(conf) ?? '', '');
      }
      const commands: string[][] = [[]];
      for (const arg of rest) {
        if (arg === ';') commands.push([]);
        else commands.at(-1)?.push(arg);
      }
      try {
        const stdout = commands.map((command) => one(command, input)).join('');
        // A server that was left without a session ends by itself.
        if (server?.sessions.length === 0) stopServer();
        return { code: 0, stdout, stderr: '' };
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return { code: 1, stdout: '', stderr: `${error.message}\n` };
      }
    },
    sessions: () => server?.sessions ?? [],
    kill: stopServer,
    loseSocket() {
      lost = server;
      server = undefined;
    },
    findSocket() {
      server = lost;
      lost = undefined;
    },
    joinPane(from, to) {
      const [source, target] = [find(`=${from}`), find(`=${to}`)];
      const pane = source?.session.panes.shift();
      if (source === undefined || target === undefined || pane === undefined) return;
      target.session.panes.push(pane);
      if (source.session.panes.length === 0) removeSession(source.session);
    },
    killSession(name) {
      const found = find(`=${name}`);
      if (found !== undefined) removeSession(found.session);
    },
    newForeign(name) {
      if (find(`=${name}`) !== undefined) return undefined;
      newSession(['-d', '-s', name, '--', 'sh', 'theirs']);
      return find(`=${name}`)?.session;
    },
  };
}
