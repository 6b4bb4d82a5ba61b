/** What `fleet verify` proves, in the order in which it does. */
import { findProgram } from '../../../host/program-path.ts';
import type { Life, Bench, Sight } from './bench.ts';
import { Broken, recordedEnd, sameLife } from './bench.ts';
import { ONE, OTHER } from './throw-away.ts';

export interface Check {
  id: string;
  /** What is so, in words. */
  title: string;
  /** Why it cannot be asked here; undefined: it can. */
  notHere?(bench: Bench, systemd: Systemd): string | undefined;
  /** @throws {Broken} where it is not so */
  prove(bench: Bench): Promise<void>;
}

/** Whether units start the agents; and why they do not. */
export type Systemd = { used: true } | { used: false; why: string };

const needsSystemd = (_: Bench, systemd: Systemd): string | undefined =>
  systemd.used ? undefined : `agents are started without systemd: ${systemd.why}`;

/** How long a program must have lived to count as started. */
const SETTLE_MS = 300;

const JOURNAL = 'journalctl --user -n 50 tells what systemd did.';

export const checks: readonly Check[] = [
  {
    id: 'start',
    title: "two agents start, one's name the beginning of the other's",
    prove: async (bench) => void (await bench.bothUp()),
  },
  {
    id: 'holder',
    title: "the holder's unit owns the tmux server, and no agent's does",
    notHere: needsSystemd,
    async prove(bench) {
      const { server, one, other } = await bench.bothUp();
      const { holder, scope } = bench.units;
      const fix =
        'The server must be started by the holder: no shell, no agent and no other unit may start one on its socket.';
      if (!inUnit(bench, server, holder))
        throw new Broken(
          `the server (pid ${server.pid}) runs in ${groupOf(bench, server)}, not in ${holder}`,
          fix,
        );
      for (const [name, life] of [
        [ONE, one],
        [OTHER, other],
      ] as const) {
        if (!inUnit(bench, life, scope(name)))
          throw new Broken(
            `${name} (pid ${life.pid}) runs in ${groupOf(bench, life)}, not in ${scope(name)}: it would end with what is there`,
            `Is systemd-run on the PATH? ${JOURNAL}`,
          );
      }
    },
  },
  {
    id: 'stop',
    title: 'stopping one leaves the other and the server alone',
    async prove(bench) {
      const before = await bench.bothUp();
      await bench.reconcile({ suspend: new Set([ONE]) });
      const after = await bench.sight();
      unharmed(before, after, `stopping ${ONE}`);
      if (after.one !== undefined) throw new Broken(`${ONE} (pid ${after.one.pid}) still runs`);
    },
  },
  {
    id: 'stays-stopped',
    title: 'a stopped agent stays down until it is started',
    async prove(bench) {
      const before = await bench.bothUp();
      await bench.reconcile({ suspend: new Set([ONE]) });
      const stopped = await bench.sight();
      if (stopped.one !== undefined) throw new Broken(`${ONE} (pid ${stopped.one.pid}) still runs`);
      await bench.reconcile();
      const down = await bench.sight();
      if (down.one !== undefined) throw new Broken(`the next reconcile started ${ONE} (pid ${down.one.pid})`);
      await bench.reconcile({ start: new Set([ONE]) });
      const after = await bench.sight();
      if (after.one === undefined) throw new Broken(`${ONE} does not run after its start`);
      unharmed(before, after, `stopping and starting ${ONE}`);
    },
  },
  {
    id: 'left-behind',
    title: 'what an agent left in a session of its own (setsid) ends with it',
    notHere: ({ host, setting }) =>
      findProgram(host.files, 'setsid', setting.path) === undefined ? 'setsid is not installed' : undefined,
    async prove(bench) {
      const { one } = await bench.bothUp();
      let family: Life[] = [];
      const grown = await bench.until(() => (family = familyOf(bench, one)).length > 0);
      if (!grown) throw new Broken(`the process that ${ONE} leaves behind was not seen`);
      await bench.reconcile({ suspend: new Set([ONE]) });
      const left = family.filter((life) => bench.host.processes.startTime(life.pid) === life.startTime);
      if (left.length > 0)
        throw new Broken(
          `${ONE} is stopped, and its process ${left.map(({ pid }) => pid).join(', ')} still runs`,
        );
    },
  },
  {
    id: 'restart',
    title: 'restarting one leaves the other and the server alone',
    async prove(bench) {
      const before = await bench.bothUp();
      await bench.reconcile({ restart: new Set([ONE]) });
      const after = await bench.sight();
      unharmed(before, after, `restarting ${ONE}`);
      restarted(before, after);
    },
  },
  {
    id: 'systemctl-restart',
    title: "systemctl's own restart of its unit does too, and the next reconcile takes it as it is",
    notHere: needsSystemd,
    async prove(bench) {
      const before = await bench.bothUp();
      const unit = bench.units.agent(ONE);
      const result = await bench.host.exec('systemctl', ['--user', 'restart', unit], { timeoutMs: 60_000 });
      // What systemd refuses ends a moment after it was begun.
      await bench.host.clock.sleep(SETTLE_MS);
      const after = await bench.sight();
      unharmed(before, after, `systemctl --user restart ${unit}`);
      if (result.code !== 0)
        throw new Broken(
          `systemctl --user restart ${unit} failed: ${result.message ?? result.stderr.trim()}`,
          JOURNAL,
        );
      await bench.reconcile();
      const settled = await bench.sight();
      unharmed(before, settled, 'the next reconcile');
      restarted(before, settled);
      if (after.one === undefined) throw new Broken(`${ONE} did not come back by itself`, JOURNAL);
      if (!sameLife(settled.one, after.one)) throw new Broken(`the next reconcile started ${ONE} once more`);
      if (settled.crashes > before.crashes) throw new Broken('the next reconcile took it for a crash');
      const { plan } = await bench.look();
      if (plan.actions.length > 0)
        throw new Broken(`the reconcile after that would still do ${plan.actions[0]?.id}`);
    },
  },
  {
    id: 'killed',
    title: 'a killed agent comes back, its crash recorded, and nothing else is touched',
    async prove(bench) {
      const before = await bench.bothUp();
      const { pid, startTime } = before.one;
      bench.host.processes.signal(pid, startTime, 'SIGKILL');
      if (!(await bench.until(async () => (await bench.sight()).one === undefined)))
        throw new Broken(`tmux has not noticed the end of ${ONE} (pid ${pid})`);
      await bench.reconcile();
      const after = await bench.sight();
      unharmed(before, after, `killing ${ONE}`);
      restarted(before, after);
      if (after.crashes <= before.crashes || recordedEnd((await bench.look()).observation) !== 'crash')
        throw new Broken(`${ONE} runs again, but nothing tells of its crash`);
    },
  },
];

/** @throws {Broken} where the server, or the agent that nothing was done to, is not the same as before */
function unharmed(before: Required<Sight>, after: Sight, what: string): void {
  for (const [name, was, is] of [
    ['the tmux server', before.server, after.server],
    [OTHER, before.other, after.other],
  ] as const) {
    if (sameLife(was, is)) continue;
    const now = is === undefined ? 'it is gone' : `it has pid ${is.pid} now`;
    throw new Broken(
      `${what} ended ${name} (pid ${was.pid}): ${now}`,
      'Look for what stands between mosaic and the real tmux and systemctl: wrappers on the PATH, changed units.',
    );
  }
}

function restarted(before: Required<Sight>, after: Sight): void {
  if (after.one === undefined) throw new Broken(`${ONE} (pid ${before.one.pid}) did not come back`);
  if (sameLife(before.one, after.one))
    throw new Broken(`${ONE} is the same process as before (pid ${before.one.pid})`);
}

/** The control groups of a process, one line for each hierarchy (cgroups(7), /proc/PID/cgroup). */
const groupsOf = ({ host }: Bench, { pid }: Life): string[] =>
  (host.files.read(`/proc/${pid}/cgroup`) ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':').slice(2).join(':'));

const inUnit = (bench: Bench, life: Life, unit: string): boolean =>
  groupsOf(bench, life).some((path) => path.split('/').includes(unit));

const groupOf = (bench: Bench, life: Life): string =>
  groupsOf(bench, life).at(-1) ?? 'an unknown control group';

/** Processes that descend from one. */
function familyOf({ host }: Bench, { pid }: Life): Life[] {
  const all = host.processes.list();
  const family = new Set([pid]);
  for (let size = 0; size !== family.size;) {
    size = family.size;
    for (const one of all) if (family.has(one.parent)) family.add(one.pid);
  }
  return all.filter((one) => one.pid !== pid && family.has(one.pid));
}
