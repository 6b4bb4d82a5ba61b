import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import test from 'node:test';
import { node } from '../../src/doctor/versions.ts';
import { standIn } from '../e2e/support/stand-in.ts';
import { ailment, type Clinic } from './clinic.ts';

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
