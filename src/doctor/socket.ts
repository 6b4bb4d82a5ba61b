/** The tmux server of the fleet: whether it answers, whose it is, what else is on it, and whether it wakes us. */
import { dirname, join } from 'node:path';
import { shellLine, shellWord } from '../base/shell.ts';
import type { FileStat, Host } from '../host/host.ts';
import type { SilentServer, TmuxSeen } from '../model/observation.ts';
import type { Source } from '../model/source.ts';
import { wakeHook } from '../render/hook.ts';
import { unitNames } from '../render/unit-names.ts';
import {
  check,
  mosaicLine,
  notApplicable,
  ok,
  unknownFinding,
  type Check,
  type Finding,
  type Patient,
} from './check.ts';

interface SocketFacts {
  fleet: string;
  file: string;
  uid: number;
  socket: string;
  path: string;
  /** Its folder, which tmux wants for this user alone. */
  folder: FileStat | undefined;
  tmux: Source<TmuxSeen>;
  silent: readonly SilentServer[];
  /** A server that our records name, when it is stopped (SIGSTOP). */
  stopped: number | undefined;
  /** The control group of the server, and the unit that should hold it. */
  group: { at: string; unit: string } | undefined;
}

/** As tmux finds it (tmux(1), TMUX_TMPDIR). */
function socketPath({ facts, files }: Host, name: string): string {
  const base = facts.env['TMUX_TMPDIR'];
  const folder = base === undefined || base === '' ? '/tmp' : base;
  return join(files.realpath(folder) ?? folder, `tmux-${facts.uid}`, name);
}

async function socketFacts(on: Patient): Promise<SocketFacts> {
  const { host, fleet, file } = on;
  const { tmux, silentServers, state } = await on.observed;
  const path = socketPath(host, fleet.tmux.socketName);
  const recorded = state.known ? Object.values(state.value.agents).map(({ run }) => run?.server.pid) : [];
  const server = tmux.known ? tmux.value.server : undefined;
  return {
    fleet: fleet.name,
    file,
    uid: host.facts.uid,
    socket: fleet.tmux.socketName,
    path,
    folder: host.files.stat(dirname(path)),
    tmux,
    silent: silentServers,
    stopped: tmux.known ? undefined : recorded.find((pid) => pid !== undefined && stateOf(host, pid) === 'T'),
    group: server === undefined ? undefined : groupOf(on, server.pid),
  };
}

/** One letter (proc(5), stat field 3). */
const stateOf = ({ files }: Host, pid: number): string | undefined =>
  /\) (\w) /.exec(files.read(`/proc/${pid}/stat`) ?? '')?.[1];

function groupOf({ host, fleet, places }: Patient, pid: number): SocketFacts['group'] {
  const unit = unitNames(fleet.systemd.unitPrefix).holder;
  if (fleet.supervisor === 'none' || host.files.stat(join(places.units, unit)) === undefined)
    return undefined;
  // On a machine with the unified hierarchy the line is `0::/…`; elsewhere systemd's own is among others.
  const lines = (host.files.read(`/proc/${pid}/cgroup`) ?? '').split('\n');
  const line =
    lines.find((each) => /^\d+:name=systemd:/.test(each)) ?? lines.find((each) => each.startsWith('0::'));
  const at = line?.replace(/^[^:]*:[^:]*:/, '');
  return at === undefined || at === '' ? undefined : { at, unit };
}

function judgeSocket(facts: SocketFacts): readonly Finding[] {
  const { tmux, folder, path, uid, silent, file } = facts;
  if (folder !== undefined && (folder.uid !== uid || (folder.mode & 0o007) !== 0)) {
    const whose = folder.uid === uid ? 'is open to others' : `belongs to another user (uid ${folder.uid})`;
    return [
      {
        health: 'broken',
        message: `${dirname(path)}, where the socket is, ${whose}: tmux refuses it`,
        ...(folder.uid === uid
          ? { command: shellLine(['chmod', '700', dirname(path)]) }
          : { advice: 'Have its owner or root remove it, or set TMUX_TMPDIR to a folder of your own.' }),
      },
    ];
  }
  if (!tmux.known) {
    if (facts.stopped !== undefined) {
      return [
        {
          health: 'broken',
          message: `the tmux server (pid ${facts.stopped}) is stopped: ${tmux.why}`,
          command: `kill -CONT ${facts.stopped}`,
        },
      ];
    }
    return [
      {
        health: 'broken',
        message: `what listens on ${path} does not answer as a tmux server: ${tmux.why}`,
        advice: `fuser ${shellWord(path)} tells which program it is. Without the socket, the next apply makes its own.`,
        command: shellLine(['rm', path]),
      },
    ];
  }
  const found: Finding[] = silent.map(({ server: { pid } }) => ({
    health: 'broken',
    message: `the fleet's tmux server (pid ${pid}) runs, and is not on its socket: somebody removed ${path}`,
    // tmux makes its socket anew (tmux(1), SIGUSR1).
    command: `kill -USR1 ${pid}`,
  }));
  const { server, sessions } = tmux.value;
  if (server === undefined) return found.length > 0 ? found : notApplicable('no tmux server runs yet');
  if (!sessions.some(({ owner, started }) => owner?.fleet === facts.fleet && started === undefined)) {
    found.push({
      health: 'warning',
      message: `the tmux server (pid ${server.pid}) is not one that this fleet has made: it has no holder session`,
      command: mosaicLine(file, 'apply'),
    });
  }
  if (facts.group !== undefined && !facts.group.at.includes(`/${facts.group.unit}`)) {
    found.push({
      health: 'warning',
      message: `the tmux server (pid ${server.pid}) runs in ${facts.group.at}: whatever ends that ends every session`,
      advice: `It belongs in ${facts.group.unit}. The command ends all agents, and starts them there.`,
      command: `${shellLine(['tmux', '-L', facts.socket, 'kill-server'])}; ${mosaicLine(file, 'apply')}`,
    });
  }
  return found.length > 0 ? found : ok(`the tmux server (pid ${server.pid}) is the fleet's`);
}

export const socket: Check<Patient> = check('tmux-server', socketFacts, judgeSocket);

interface ForeignFacts {
  socket: string;
  file: string;
  foreign: { name: string; agent: boolean; fleet: string | undefined }[] | undefined;
}

export const foreignSessions: Check<Patient> = check(
  'foreign-sessions',
  async ({ fleet, file, observed }): Promise<ForeignFacts> => {
    const { tmux } = await observed;
    const agents = new Set(fleet.agents.map(({ name }) => name));
    return {
      socket: fleet.tmux.socketName,
      file,
      foreign: tmux.known
        ? tmux.value.sessions.flatMap(({ name, owner }) =>
            owner?.fleet === fleet.name ? [] : [{ name, agent: agents.has(name), fleet: owner?.fleet }],
          )
        : undefined,
    };
  },
  ({ socket: name, file, foreign }) => {
    if (foreign === undefined) return unknownFinding('the tmux server does not answer');
    if (foreign.length === 0) return ok('every session on the socket is of this fleet');
    return foreign.map((session): Finding => {
      const whose =
        session.fleet === undefined ? 'nobody’s that mosaic knows' : `the fleet ${session.fleet}’s`;
      if (session.agent)
        return {
          health: 'broken',
          message: `the session ${session.name} is ${whose}, and keeps the agent of that name from starting`,
          advice:
            'The command takes it over as it is; mosaic starts the agent itself where the session is ended.',
          command: mosaicLine(file, 'apply', '--adopt', session.name),
        };
      return {
        health: 'warning',
        message: `the session ${session.name} on the fleet’s socket is ${whose}`,
        advice: 'mosaic leaves it alone. The command ends it, with what runs in it.',
        command: shellLine(['tmux', '-L', name, 'kill-session', '-t', `=${session.name}`]),
      };
    });
  },
);

interface HookFacts {
  file: string;
  wanted: string;
  tmux: Source<TmuxSeen>;
}

export const hook: Check<Patient> = check(
  'crash-hook',
  async ({ observed, places, file }): Promise<HookFacts> => ({
    file,
    wanted: wakeHook(places.wake).id,
    tmux: (await observed).tmux,
  }),
  ({ file, wanted, tmux }) => {
    if (!tmux.known) return unknownFinding('the tmux server does not answer');
    if (tmux.value.server === undefined) return notApplicable('no tmux server runs yet');
    if (tmux.value.hooks?.includes(wanted) === true) return ok('a program that ends wakes the reconcile');
    return [
      {
        health: 'warning',
        message: 'the tmux server tells nobody when a program ends: a crash waits for the next tick',
        command: mosaicLine(file, 'apply'),
      },
    ];
  },
);
