import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import test from 'node:test';
import { node } from '../../src/doctor/versions.ts';
import { standIn } from '../e2e/support/stand-in.ts';
import { inWorld } from '../support/supervisors.ts';
import { ailment, clinicOf, type Clinic } from './clinic.ts';

/** Puts a program before the real one that tells another version while a flag is there. */
async function oldVersion(clinic: Clinic, program: string, version: string): Promise<string> {
  const flag = clinic.world.path(`old-${program}`);
  const script = `case "$1" in -V|--version) [ ! -e '${flag}' ] || { echo '${version}'; exit; } ;; esac\nexec "$REAL" "$@"`;
  clinic.env = { ...(await standIn(clinic.world, program, script)).env };
  return flag;
}

for (const [program, version, says] of [
  ['tmux', 'tmux 3.1c', /tmux 3\.1c is too old: 3\.2 is the least/],
  ['git', 'git version 2.35.8', /git version 2\.35\.8 is too old: 2\.36 is the least/],
] as const) {
  let flag = '';
  ailment(version, 'none', {
    check: program,
    health: 'broken',
    says,
    async well(clinic) {
      flag = await oldVersion(clinic, program, version);
      clinic.fleet([{ name: 'coder' }]);
      await clinic.apply();
    },
    breaks: () => writeFileSync(flag, ''),
    mend(clinic, finding) {
      assert.match(
        finding.advice ?? '',
        new RegExp(`Install ${program} [\\d.]+ or later .*apt-get install ${program}`),
      );
      return clinic.world.run('rm', [flag]);
    },
  });
}

ailment('no flock', 'none', {
  check: 'flock',
  health: 'broken',
  says: /flock is not on the PATH/,
  async breaks(clinic) {
    const few = clinic.world.path('few');
    mkdirSync(few);
    for (const program of ['tmux', 'git', 'sleep', 'sh', 'systemctl', 'timedatectl', 'crontab']) {
      const { stdout } = await clinic.world.run('sh', ['-c', `command -v ${program}`]);
      if (stdout !== '') symlinkSync(stdout.trim(), `${few}/${program}`);
    }
    clinic.env = { PATH: few };
  },
  mend(clinic, finding) {
    assert.match(finding.advice ?? '', /apt-get install util-linux/);
    clinic.env = {};
  },
});

void test('a node that is too old', async () => {
  const on = (nodeVersion: string): Promise<readonly { health: string; advice?: string }[]> =>
    node.run({ own: { node: '/opt/node', nodeVersion, mosaic: '' }, nodeNeeded: '>=20.19' } as Parameters<
      typeof node.run
    >[0]);
  assert.equal((await on('20.19.0'))[0]?.health, 'ok');
  assert.equal((await on('22.1.0'))[0]?.health, 'ok');
  for (const old of ['20.18.3', '18.20.0']) {
    const [finding] = await on(old);
    assert.ok(finding);
    assert.equal(finding.health, 'broken');
    assert.match(finding.advice ?? '', /^Install node 20\.19 or later/);
  }
});

const tool = ({ world }: Clinic): string => world.path('tools/tool');

function makeTool(clinic: Clinic): void {
  mkdirSync(clinic.world.path('tools'));
  writeFileSync(tool(clinic), '#!/bin/sh\nexec sleep infinity\n', { mode: 0o755 });
}

ailment('an agent’s program that cannot be executed', 'none', {
  check: 'programs',
  health: 'broken',
  says: /tools\/tool \(coder\) is not there, or cannot be executed/,
  async well(clinic) {
    makeTool(clinic);
    clinic.fleet([{ name: 'coder', runtime: 'tool' }], {
      runtimes: { tool: { command: [tool(clinic)], install: `chmod +x ${tool(clinic)}` } },
    });
    await clinic.apply();
  },
  breaks: (clinic) => chmodSync(tool(clinic), 0o644),
});

ailment('an agent’s program that is not on the PATH', 'none', {
  check: 'programs',
  health: 'broken',
  says: /^tool \(coder\) is not on your PATH/,
  async well(clinic) {
    makeTool(clinic);
    clinic.env = { PATH: `${clinic.world.env['PATH']}:${clinic.world.path('tools')}` };
    clinic.fleet([{ name: 'coder', runtime: 'tool' }], { runtimes: { tool: { command: ['tool'] } } });
    await clinic.apply();
  },
  breaks: (clinic) => chmodSync(tool(clinic), 0o644),
  mend: (clinic) => chmodSync(tool(clinic), 0o755),
});

ailment('a program on the caller’s PATH, and not on that of the units', 'systemd', {
  check: 'programs',
  health: 'broken',
  says: /^tool \(writer\) is not on the PATH of the units, .*; yours has it/,
  async breaks(clinic) {
    makeTool(clinic);
    clinic.env = { PATH: `${clinic.world.env['PATH']}:${clinic.world.path('tools')}` };
    clinic.fleet([{ name: 'coder' }, { name: 'writer', runtime: 'tool' }], {
      runtimes: { tool: { command: ['tool'] } },
    });
  },
  async mend(clinic, finding) {
    await clinic.shell(finding.command ?? '');
    const panes = await clinic.world.tmux('list-panes', '-t', '=writer:', '-F', '#{pane_dead}');
    assert.equal(panes.stdout.trim(), '0', 'and it is started');
  },
});

const unit = ({ world }: Clinic, name: string): string => world.path('home/.config/systemd/user', name);

const brief = { brief: { command: ['sleep', '0.3'] } };
const often = { policy: 'always', max_restarts: 1000, backoff: { initial: '1s', max: '1s' } };

inWorld(
  'the same while triggers reconcile what crashes',
  'systemd',
  async (world, t) => {
    const clinic = clinicOf(world, t);
    const loop = { name: 'loop', runtime: 'brief', restart: often };
    clinic.fleet([{ name: 'coder' }, loop], { runtimes: brief });
    await clinic.shell('mosaic fleet install-systemd --interval 1s');
    makeTool(clinic);
    // A path that sed and systemd would read otherwise.
    const odd = world.path('a|b&c %h');
    symlinkSync(world.path('tools'), odd);
    clinic.env = { PATH: `${world.env['PATH']}:${odd}` };
    clinic.fleet([{ name: 'coder' }, loop, { name: 'writer', runtime: 'tool' }], {
      runtimes: { ...brief, tool: { command: ['tool'] } },
    });
    const [finding, ...more] = (await clinic.examine()).of('programs');
    assert.deepEqual(more, []);
    assert.match(finding?.message ?? '', /^tool \(writer\) is not on the PATH of the units/);
    await clinic.shell(finding?.command ?? '');
    assert.deepEqual((await clinic.examine()).of('programs'), []);
    for (const name of ['mosaic-tmux-holder.service', 'mosaic-reconcile.service', 'mosaic-gates.service'])
      assert.match(readFileSync(unit(clinic, name), 'utf8'), /^Environment="PATH=.*\/a\|b&c %%h"$/m, name);
    await world.until('writer runs', async () => {
      const panes = await world.tmux('list-panes', '-t', '=writer:', '-F', '#{pane_dead}');
      return panes.stdout.trim() === '0';
    });
  },
  { timeout: 120_000 },
);

ailment('units with an empty PATH', 'systemd', {
  check: 'programs',
  health: 'broken',
  says: /^the PATH of the units is empty: no program is found by its name$/,
  async breaks(clinic) {
    const path = unit(clinic, 'mosaic-tmux-holder.service');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/^Environment="PATH=.*"$/m, 'Environment="PATH="'));
    assert.notEqual(readFileSync(path, 'utf8'), text);
    await clinic.world.systemctl('daemon-reload');
  },
  async mend(clinic, finding) {
    await clinic.shell(finding.command ?? '');
  },
});

inWorld('an empty PATH of one’s own, and no systemctl on it', 'none', async (world, t) => {
  const clinic = clinicOf(world, t);
  clinic.fleet([{ name: 'coder' }], { supervisor: 'systemd' });
  clinic.env = { PATH: '', XDG_RUNTIME_DIR: world.path('nowhere') };
  const { of } = await clinic.examine();
  const [finding, ...more] = of('programs');
  assert.deepEqual(more, []);
  assert.match(finding?.message ?? '', /^your PATH is empty: /);
  const [manager] = of('user-manager');
  assert.match(manager?.message ?? '', /^systemctl is not installed/);
  assert.doesNotMatch(manager?.advice ?? '', /XDG_RUNTIME_DIR/);
});
