/** What is told of formulas that a fleet file names before anything runs them. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { inWorld } from '../support/supervisors.ts';

inWorld(
  'validate: a formula that is not valid or not there; install: the same, and odd wishes',
  'none',
  async (world) => {
    const good = `name = "good"\nruntime = "shell"\nrepository = "/src"\nprompt = "Weed."\ncommand = ["sh", "{prompt}"]\n`;
    writeFileSync(world.path('work', 'good.toml'), good);
    writeFileSync(world.path('work', 'bad.toml'), `${good}timeout = "soon"\n`);
    const formulas = (...files: string[]) =>
      world.writeFleet({ agents: [], formulas: files.map((file) => ({ file, every: '6h' })) });

    formulas('good.toml', '~/of-the-host.toml');
    const well = await world.mosaic(['validate']);
    assert.equal(well.code, 0, well.stderr);
    assert.match(well.stdout, /is valid: 0 agents, 0 missions, 2 formulas\./);
    assert.match(well.stderr, /of-the-host\.toml is not there, on this machine/);

    formulas('good.toml', 'bad.toml', 'gone.toml');
    const text = await world.mosaic(['validate']);
    assert.equal(text.code, 65);
    assert.match(text.stderr, /^bad\.toml:6:11: .*timeout/m);
    assert.match(text.stderr, /^gone\.toml: it is not there/m);
    assert.doesNotMatch(text.stderr, /good\.toml/);
    const json = await world.mosaic(['validate', '--json']);
    assert.equal(json.code, 65);
    const { problems } = JSON.parse(json.stdout) as { problems: { message: string; path: string }[] };
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['formulas[1].file', 'formulas[2].file'],
    );
    const github = await world.mosaic(['validate', '-o', 'github']);
    assert.match(github.stdout, /^::error file=bad\.toml,line=6/m);

    const install = async (code: number, ...args: string[]): Promise<string> => {
      const ran = await world.mosaic(['formula', 'install', ...args]);
      assert.equal(ran.code, code, ran.stderr);
      return ran.stderr;
    };
    assert.match(await install(65, 'bad.toml', '--every', '6h'), /^bad\.toml:6:11/m);
    // As a terminal leads a file to standard input: it is one, for now.
    assert.match(await install(64, '/dev/stdin', '--every', '6h'), /\/dev\/stdin is not there when/);
    assert.match(await install(64, '.', '--every', '6h'), /is no file/);
    assert.match(await install(64, 'good.toml', '--every', '7h'), /Near it: 6h or 8h/);
    assert.match(await install(64, 'good.toml', '--every', '6h', '--name', 'A B'), /no formula can have/);
    assert.match(await install(69, 'good.toml', '--every', '6h'), /crontab -e.*0 \*\/6/);
    // Who has added that line hears no more of it.
    formulas('good.toml');
    const [bin, table] = [world.path('bin'), world.path('crontab.txt')];
    mkdirSync(bin);
    writeFileSync(`${bin}/crontab`, `#!/bin/sh\ncat '${table}'\n`, { mode: 0o755 });
    const apply = () => world.mosaic(['apply'], { env: { PATH: `${bin}:${world.env['PATH']}` } });
    writeFileSync(table, '');
    const line = /\(crontab -e\): (.*)/.exec((await apply()).stdout)?.[1] ?? '';
    assert.match(line, /formula run/);
    writeFileSync(table, `# ${line}\n`);
    assert.match((await apply()).stdout, /hold +good/);
    writeFileSync(table, `@daily true\n${line} 2>&1\n`);
    assert.match((await apply()).stdout, /^Nothing to do/);
    writeFileSync(world.path('work', 'other.toml'), good.replace('"shell"', '"nobody"'));
    assert.match(await install(65, 'other.toml', '--every', '6h'), /runtime "nobody"/);
  },
);

inWorld('install beside the fleet file: what that says counts', 'systemd', async (world) => {
  const text = `name = "good"\nruntime = "shell"\nrepository = "/src"\nprompt = "Weed."\ncommand = ["sh", "{prompt}"]\n`;
  writeFileSync(world.path('work', 'good.toml'), text);
  writeFileSync(world.path('work', 'mine.toml'), text);
  world.writeFleet({ agents: [], formulas: [{ file: 'good.toml', every: '6h' }] });
  const ran = await world.mosaic(['formula', 'install', 'mine.toml', '--every', '1h']);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stderr, /names a formula good, and says every 6h, .*good\.toml: that counts/);
  const shown = await world.systemctl('cat', 'mosaic-formula-good.service');
  assert.match(shown.stdout, /formula run ".*good\.toml" --file /);
  const away = await world.mosaic(['formula', 'uninstall', 'good']);
  assert.equal(away.code, 1);
  assert.match(away.stderr, /is named by the fleet file/);

  // Under another name it is the host's own, and stays where the fleet file loses its own.
  const mine = await world.mosaic([
    'formula',
    'install',
    'mine.toml',
    '--every',
    '1h',
    '--name',
    'mine',
    '--json',
  ]);
  assert.equal(mine.code, 0, mine.stderr);
  assert.match(mine.stdout, /start-timer:mosaic-formula-mine\.timer/);
  assert.match(mine.stderr, /good \(.*good\.toml, every 6h\) runs the formula good, too: one run at a time/);
  writeFileSync(world.path('work', 'moved.toml'), text);
  const moved = await world.mosaic(['formula', 'install', 'moved.toml', '--every', '1h', '--name', 'mine']);
  assert.equal(moved.code, 0, moved.stderr);
  assert.match(moved.stderr, /mine was .*mine\.toml, every 1h, until now; its notes and answers/);
  world.writeFleet({ agents: [] });
  const applied = await world.mosaic(['apply']);
  assert.equal(applied.code, 0, applied.stderr);
  const { stdout } = await world.systemctl('list-timers', '--all', '--no-legend', 'mosaic-formula-*');
  assert.match(stdout, /mosaic-formula-mine\.timer/);
  assert.doesNotMatch(stdout, /mosaic-formula-good\.timer/);

  // A run that failed (there is no repository) is not listed by the manager once nothing runs it any more.
  const [service, failed] = ['mosaic-formula-extra.service', '--state=failed'];
  const extra = ['formula', 'install', 'mine.toml', '--every', '1h', '--name', 'extra'];
  assert.equal((await world.mosaic(extra)).code, 0);
  await world.systemctl('start', service);
  const listed = async () =>
    (await world.systemctl('list-units', '--all', '--plain', failed, service)).stdout;
  assert.match(await listed(), /extra\.service/);
  const gone = await world.mosaic(['formula', 'uninstall', 'extra']);
  assert.equal(gone.code, 0, gone.stderr);
  assert.doesNotMatch(await listed(), /extra\.service/);
  const none = await world.mosaic(['formula', 'uninstall', 'extra']);
  assert.match(none.stdout, /^Nothing to do\.\nNo formula "extra" is installed/);

  // A list that nobody can read takes no timer away.
  const list = `${world.env['XDG_STATE_HOME']}/mosaic/test/formulas.json`;
  writeFileSync(list, '{ "format_version": 1, "formulas": [');
  const blind = await world.mosaic(['apply']);
  assert.equal(blind.code, 69);
  assert.match(blind.stdout, /formulas\.json cannot be used/);
  const still = await world.systemctl('is-active', 'mosaic-formula-mine.timer');
  assert.equal(still.stdout.trim(), 'active');
});
