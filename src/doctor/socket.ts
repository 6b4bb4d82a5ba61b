/** The tmux server of the fleet: whether it answers, whose it is, and whether it wakes us. */
import { dirname, join } from 'node:path';
import { shellLine, shellWord } from '../base/shell.ts';
import { listed } from '../base/text.ts';
import type { FileStat, Host } from '../host/host.ts';
import type { SilentServer, TmuxSeen } from '../model/observation.ts';
import type { Source } from '../model/source.ts';
import { tmuxSocket } from '../observe/tmux-socket.ts';
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

async function socketFacts(on: Patient): Promise<SocketFacts> {
  const { host, fleet, file } = on;
  const { tmux, silentServers, state } = await on.observed;
  const path = tmuxSocket(host, fleet.tmux.socketName);
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
    stopped: tmux.known ? undefined : recorded.find((pid) => pid !== undefined && isStopped(host, pid)),
    group: server === undefined ? undefined : groupOf(on, server.pid),
  };
}

/** A tmux server, and stopped (proc(5), stat fields 2 and 3): the number may be another program's by now. */
const isStopped = ({ files }: Host, pid: number): boolean =>
  /\(tmux: server\) T /.test(files.read(`/proc/${pid}/stat`) ?? '');

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
    return judgeSilence(tmux, path, facts.socket);
  }
  const found: Finding[] = silent.map(({ server: { pid } }) => ({
    health: 'broken',
    message: `the fleet's tmux server (pid ${pid}) runs, and is not on its socket: somebody removed ${path}`,
    // tmux makes its socket anew (tmux(1), SIGUSR1).
    command: `kill -USR1 ${pid}`,
  }));
  const { server, sessions } = tmux.value;
  if (server === undefined) return found.length > 0 ? found : notApplicable('no tmux server runs yet');
  const others = new Set(
    sessions.flatMap(({ owner }) =>
      owner === undefined || owner.fleet === facts.fleet ? [] : [owner.fleet],
    ),
  );
  if (!sessions.some(({ owner, started }) => owner?.fleet === facts.fleet && started === undefined)) {
    found.push({
      health: 'warning',
      message: `the tmux server (pid ${server.pid}) is not one that this fleet has made: it has no holder session`,
      // Another fleet's server ends with that fleet.
      ...(others.size === 0
        ? { command: mosaicLine(file, 'apply') }
        : {
            advice: `It is the server of the fleet ${listed([...others])}: give one of the two a tmux.socket_name of its own.`,
          }),
    });
  }
  if (facts.group !== undefined && !facts.group.at.includes(`/${facts.group.unit}`)) {
    const foreign = sessions.filter(({ owner }) => owner?.fleet !== facts.fleet).map(({ name }) => name);
    found.push({
      health: 'warning',
      message: `the tmux server (pid ${server.pid}) runs in ${facts.group.at}: whatever ends that ends every session`,
      ...(foreign.length > 0
        ? {
            advice: `It belongs in ${facts.group.unit}, and an apply starts it there once it has ended. On it is what is not the fleet’s (${listed(foreign)}): end that yourself first.`,
          }
        : {
            advice: `It belongs in ${facts.group.unit}. The command ends all agents, and starts them there.`,
            command: `${shellLine(['tmux', '-L', facts.socket, 'kill-server'])}; ${mosaicLine(file, 'apply')}`,
          }),
    });
  }
  return found.length > 0 ? found : ok(`the tmux server (pid ${server.pid}) is the fleet's`);
}

/**
 * No answer is no proof that what listens there is another's: it may be the healthy server of the fleet, which nobody reaches any
 * more once its socket is removed. So nothing here removes it.
 */
function judgeSilence({ why, fix }: { why: string; fix?: string }, path: string, socket: string): Finding[] {
  if (why.includes('protocol version mismatch'))
    return unknownFinding(
      `the server on ${path} is of another version than the tmux on the PATH, and cannot be asked`,
      'Its sessions go on. It is asked again once it has ended and the next apply has started one of this version, or with the tmux on the PATH that started it.',
    );
  if (!NO_TMUX.test(why))
    return unknownFinding(
      why,
      fix ?? `Ask it yourself, with tmux -L ${shellWord(socket)} ls; its sessions are left as they are.`,
    );
  return [
    {
      health: 'broken',
      message: `what listens on ${path} does not answer as a tmux server: ${why}`,
      advice: `fuser ${shellWord(path)} tells which program it is: end it yourself, or give the fleet another tmux.socket_name.`,
    },
  ];
}

/** What tmux says of a listener that hangs up, or talks another language. */
const NO_TMUX = /^tmux failed: (?:lost server|(?:\[)?server exited)|^tmux answered what is no list/;

export const socket: Check<Patient> = check('tmux-server', socketFacts, judgeSocket);

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
