/** What is not on this machine alone: a followed repository, other hosts, missions in their projects. */
import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { standIn } from '../e2e/support/stand-in.ts';
import { gitops, Source } from '../gitops/support.ts';
import { ailment, type Ailment, type Clinic } from './clinic.ts';

/** A host that follows a repository, whose last commit is applied. */
function followed(name: string, what: (source: () => Source) => Omit<Ailment, 'check' | 'well'>): void {
  let source: Source | undefined;
  ailment(name, 'none', {
    check: 'followed-repository',
    async well({ world }) {
      source = await Source.make(world);
      await source.agents(['coder']);
      await gitops(world, 0, 'bootstrap', '--repo', source.remote);
    },
    ...what(() => {
      assert.ok(source);
      return source;
    }),
  });
}

followed('a followed repository that is suspended', () => ({
  health: 'warning',
  says: /^following the repository is suspended by /,
  breaks: ({ world }) => gitops(world, 0, 'suspend', '--reason', 'a move'),
}));

followed('a commit that is refused', (source) => ({
  health: 'warning',
  says: /^the commit [0-9a-f]{12} is not taken: /,
  async breaks({ world }) {
    source().write('fleet.yaml', 'nonsense: 1\n');
    await source().push('nonsense');
    await gitops(world, 1, 'sync');
  },
  async mend({ world }) {
    await source().agents(['coder'], {}, 'good again');
    await gitops(world, 0, 'sync');
  },
}));

followed('a remote that is gone', (source) => ({
  health: 'warning',
  says: /^the repository cannot be fetched: /,
  async breaks({ world }) {
    renameSync(source().remote, world.path('moved.git'));
    await gitops(world, 69, 'sync');
  },
  async mend({ world }) {
    renameSync(world.path('moved.git'), source().remote);
    await gitops(world, 0, 'sync');
  },
}));

const reachable = ({ world }: Clinic): string => world.path('reachable');

ailment('another host that does not answer', 'none', {
  check: 'other-hosts',
  health: 'warning',
  says: /^far does not answer: /,
  args: ['--remote'],
  async well(clinic) {
    const { world } = clinic;
    const script = `[ -e '${reachable(clinic)}' ] || { echo 'ssh: connect to host far port 22: Connection refused' >&2; exit 255; }
for last; do :; done
case "$last" in true | far) exit ;; esac
exec sh -c "$last"`;
    clinic.env = { ...(await standIn(world, 'ssh', script)).env };
    writeFileSync(reachable(clinic), '');
    writeFileSync(
      world.path('there.yaml'),
      stringify({
        version: 1,
        name: 'test',
        transport: 'tmux',
        supervisor: 'none',
        tmux: { socket_name: world.socket },
        agents: [{ name: 'away', runtime: 'shell', working_directory: world.cwd }],
      }),
    );
    await clinic.shell('true');
    clinic.fleet([{ name: 'coder' }, { name: 'away', host: 'far' }], {
      hosts: { far: { ssh: 'far', mosaic: [world.path('bin/mosaic')], fleet: world.path('there.yaml') } },
    });
    await clinic.apply();
  },
  breaks: (clinic) => rmSync(reachable(clinic)),
  mend(clinic, finding) {
    assert.equal(finding.command, 'ssh far');
    writeFileSync(reachable(clinic), '');
  },
});

/** A project with a mission, whose lock says this. */
const missionLock = (
  name: string,
  text: (project: string) => string,
  what: Pick<Ailment, 'health' | 'says'>,
): void =>
  ailment(name, 'none', {
    check: 'mission-locks',
    ...what,
    async well(clinic) {
      const project = await clinic.world.makeRepository('shop');
      await clinic.shell(
        `mosaic coord init --project '${project}' --id shop-v2 --name 'Shop v2' --milestones 'M1=Schema'`,
      );
      const milestones = [{ id: 'M1', name: 'Schema' }];
      clinic.fleet([{ name: 'coder' }], {
        missions: [
          { id: 'shop-v2', name: 'Shop v2', project, agent: 'coder', continue: 'manual', milestones },
        ],
      });
      await clinic.apply();
    },
    breaks({ world }) {
      const project = world.path('repositories/shop');
      writeFileSync(`${project}/.mosaic/orchestrator/session.lock`, text(project));
    },
  });

missionLock(
  'a mission’s lock whose session is over',
  (project) =>
    JSON.stringify({
      session_id: 'sess-001',
      runtime: 'idle',
      pid: 4_194_000,
      started_at: new Date().toISOString(),
      project_path: project,
    }),
  {
    health: 'warning',
    says: /^the lock of the mission shop-v2 is of a session that is over \(pid 4194000\)/,
  },
);

missionLock('a mission’s lock that cannot be read', () => 'nonsense', {
  health: 'broken',
  says: /^the lock of the mission shop-v2 cannot be read: /,
});
