/** Against the real crontab(1), in a spool of the test's own. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fleetInstallCron as valid } from '../../src/generated/validators.js';
import { standIn } from '../e2e/support/stand-in.ts';
import { gitops, Source } from '../gitops/support.ts';
import { inWorld } from '../support/supervisors.ts';
import { commandOf, inCronWorld, mosaicFile, readText, type CronWorld } from './daemon.ts';

const fleet = (cron: CronWorld): void =>
  void cron.world.writeFleet({
    runtimes: { idle: { command: ['sleep', 'infinity'] } },
    agents: [{ name: 'coder', runtime: 'idle', working_directory: cron.world.cwd }],
  });

const theirs = 'MAILTO=""\r\n# 100%\n0 5 * * * date +\\%F%in%\n';

inCronWorld('the line comes once, is replaced, and goes; nothing else changes', async (cron) => {
  fleet(cron);
  await cron.setCrontab(theirs);
  const shown = await cron.mosaic(['fleet', 'install-cron', '--print']);
  assert.equal(shown.code, 0, shown.stderr);
  assert.equal(await cron.crontab(), theirs, '--print changes nothing');
  const installed = await cron.mosaic(['fleet', 'install-cron']);
  assert.equal(installed.code, 0, installed.stderr);
  assert.equal(await cron.crontab(), theirs + shown.stdout);
  assert.match(installed.stdout, /^cron applies the fleet test every 1m\./);
  assert.match(installed.stderr, /no cron seems to run/);
  const again = await cron.mosaic(['fleet', 'install-cron', '--json']);
  assert.equal((JSON.parse(again.stdout) as { action: string }).action, 'unchanged');
  assert.ok(valid(JSON.parse(again.stdout)), JSON.stringify(valid.errors));
  assert.equal(await cron.crontab(), theirs + shown.stdout);
  const other = await cron.mosaic(['fleet', 'install-cron', '--interval', '5m', '--json']);
  const report = JSON.parse(other.stdout) as { action: string; line: string; interval_seconds: number };
  assert.deepEqual([report.action, report.interval_seconds], ['replaced', 300]);
  assert.equal(await cron.crontab(), `${theirs}${report.line}\n`);
  assert.match(report.line, /^\*\/5 \* \* \* \* export HOME=/);
  const kept = await cron.mosaic(['fleet', 'install-cron', '--json']);
  assert.deepEqual(JSON.parse(kept.stdout), { ...report, action: 'unchanged' }, 'what was chosen stays');
  const would = await cron.mosaic(['fleet', 'install-cron', '--uninstall', '--print']);
  assert.equal(would.stdout, `${report.line}\n`);
  const gone = await cron.mosaic(['fleet', 'install-cron', '--uninstall']);
  assert.match(gone.stdout, /Its sessions go on; mosaic down/);
  assert.equal(await cron.crontab(), theirs);
  assert.match((await cron.mosaic(['fleet', 'install-cron', '--uninstall'])).stdout, /^No line /);
  assert.ok(!existsSync(cron.world.path('home', '.local/state/mosaic')), 'nothing is left beside it');
});

inCronWorld('a schedule that somebody wrote by hand stays, unless another is asked for', async (cron) => {
  fleet(cron);
  const first = (await cron.mosaic(['fleet', 'install-cron', '--print'])).stdout;
  for (const schedule of ['7-59/10  8-18 * * mon-fri', '@hourly']) {
    const line = first.replace('* * * * *', schedule);
    // Another PATH, as an older mosaic may have written it.
    await cron.setCrontab(line.replace('PATH=', 'PATH=/opt/none:'));
    const shown = await cron.mosaic(['fleet', 'install-cron', '--print']);
    assert.equal(shown.stdout, line);
    const again = await cron.mosaic(['fleet', 'install-cron']);
    assert.equal(again.code, 0, again.stderr);
    assert.ok(again.stdout.startsWith(`cron applies the fleet test at ${schedule}; the line`), again.stdout);
    assert.equal(await cron.crontab(), line);
    const told = JSON.parse((await cron.mosaic(['fleet', 'install-cron', '--json'])).stdout) as object;
    assert.ok(valid(told), JSON.stringify(valid.errors));
    assert.ok(!('interval_seconds' in told));
  }
  assert.equal((await cron.mosaic(['fleet', 'install-cron', '--interval', '1m'])).code, 0);
  assert.equal(await cron.crontab(), first);
});

inCronWorld('a fleet file that would not be there for cron is refused', async (cron) => {
  fleet(cron);
  const { world } = cron;
  assert.equal((await cron.mosaic(['fleet', 'install-cron', '--print'])).code, 0);
  for (const line of [
    '-f /dev/stdin <"$FILE"',
    'cat "$FILE" | "$@" -f /dev/stdin',
    'mkfifo pipe; "$@" -f pipe',
    'ln -s /proc/self/fd/0 link; "$@" -f link <"$FILE"',
    '"$@" -f .',
  ]) {
    const script = line.startsWith('-f') ? `"$@" ${line}` : line;
    const words = [process.execPath, mosaicFile, 'fleet', 'install-cron'];
    const { code, stderr } = await cron.run('sh', ['-c', script, 'sh', ...words], {
      env: { FILE: world.fleetFile },
    });
    assert.equal(code, 64, `${script}: ${stderr}`);
    assert.match(stderr, /it is no file that stays\n {2}fix: Write the fleet file to a place of its own/);
  }
  assert.equal(await cron.crontab(), '');
});

inCronWorld('without a crontab before, there is none after', async (cron) => {
  fleet(cron);
  assert.equal((await cron.mosaic(['fleet', 'install-cron'])).code, 0);
  assert.match(await cron.crontab(), /# mosaic fleet=test\n$/);
  assert.equal((await cron.mosaic(['fleet', 'install-cron', '--uninstall'])).code, 0);
  assert.match((await cron.run('crontab', ['-l'])).stderr, /^no crontab for/);
});

inCronWorld('a crontab that is not UTF-8 is not written', async (cron) => {
  fleet(cron);
  writeFileSync(cron.world.path('latin'), Buffer.from('# caf\xe9\n', 'latin1'));
  assert.equal((await cron.run('crontab', [cron.world.path('latin')])).code, 0);
  const refused = await cron.mosaic(['fleet', 'install-cron']);
  assert.equal(refused.code, 69);
  assert.match(refused.stderr, /not UTF-8/);
  assert.equal(
    (await cron.run('sh', ['-c', 'crontab -l | od -An -c'])).stdout.trim(),
    '#       c   a   f 351  \\n',
  );
});

inCronWorld('what cron cannot carry or say is refused, with the way out', async (cron) => {
  fleet(cron);
  const odd = await cron.mosaic(['fleet', 'install-cron', '--interval', '7m']);
  assert.equal(odd.code, 64);
  assert.match(odd.stderr, /cron cannot say "every 7m"\n {2}fix: Near it, it can say 6m or 10m/);
  const folders = Array.from({ length: 60 }, (_, index) => `/opt/a-folder-of-tools/${index}`).join(':');
  const long = await cron.mosaic(['fleet', 'install-cron'], {
    env: { PATH: `${folders}:${cron.world.env['PATH']}` },
  });
  assert.equal(long.code, 65);
  assert.match(long.stderr, /cron takes 998.*\n {2}fix: Run it with a shorter PATH/);
  assert.equal(await cron.crontab(), '');
});

inCronWorld('without crontab(1): 69, with the package', async (cron) => {
  fleet(cron);
  mkdirSync(cron.world.path('few'));
  const link = `for program in env tmux git flock; do ln -s "$(command -v $program)" '${cron.world.path('few')}'; done`;
  assert.equal((await cron.run('sh', ['-c', link])).code, 0);
  const none = await cron.mosaic(['fleet', 'install-cron'], { env: { PATH: cron.world.path('few') } });
  assert.equal(none.code, 69);
  assert.match(none.stderr, /apt-get install cron/);
});

inCronWorld('an edit by somebody else, made while ours is under way, is not lost', async (cron) => {
  fleet(cron);
  // The second reading comes after somebody's edit.
  const flag = cron.world.path('read-once');
  const { env } = await standIn(
    cron.world,
    'crontab',
    `if [ "$1" = -l ] && [ -e '${flag}' ]; then echo '# theirs' | "$REAL" -; fi
if [ "$1" = -l ]; then touch '${flag}'; fi
exec "$REAL" "$@"`,
  );
  const late = await cron.mosaic(['fleet', 'install-cron'], { env });
  assert.equal(late.code, 1);
  assert.match(late.stderr, /changed by somebody else meanwhile/);
  assert.equal(await cron.crontab(), '# theirs\n');
});

inCronWorld('mosaic down takes the line out; it would be undone otherwise', async (cron) => {
  fleet(cron);
  await cron.setCrontab(theirs);
  await cron.mosaic(['fleet', 'install-cron']);
  assert.equal((await cron.mosaic(['apply'])).code, 0);
  const before = await cron.crontab();
  assert.match(
    (await cron.mosaic(['down', '--dry-run'])).stdout,
    /line of the crontab .* would be taken out/,
  );
  assert.equal(await cron.crontab(), before);
  const down = await cron.mosaic(['down', '--purge']);
  assert.equal(down.code, 0, down.stderr);
  assert.match(down.stdout, /taken out of the crontab/);
  assert.equal(await cron.crontab(), theirs);
});

inCronWorld('paths with blanks, quotes and percent signs; two runs at once do not overlap', async (cron) => {
  const { world } = cron;
  const folder = world.path(`it's 100% "here" $(touch injected)`);
  mkdirSync(folder);
  fleet(cron);
  writeFileSync(`${folder}/fleet.yaml`, readText(world.fleetFile));
  await cron.setCrontab(theirs);
  const file = `${folder}/fleet.yaml`;
  assert.equal((await cron.mosaic(['fleet', 'install-cron', '--file', file])).code, 0);
  const line = (await cron.crontab()).slice(theirs.length).trimEnd();
  assert.ok(line.includes('100\\%'));
  const runs = await Promise.all(
    [1, 2, 3].map(() =>
      cron.run('env', ['-i', `HOME=${world.cwd}`, '/bin/sh', '-c', commandOf(line)], { timeoutMs: 50_000 }),
    ),
  );
  assert.deepEqual(
    runs.map(({ code }) => code),
    [0, 0, 0],
  );
  assert.deepEqual(
    runs.map(({ stdout }) => stdout),
    ['', '', ''],
    'cron has nothing to mail',
  );
  assert.deepEqual(
    (await world.sessions()).filter((name) => name !== '_holder'),
    ['coder'],
  );
  const log = readText(world.path('home/.local/state/mosaic/test/events.jsonl'));
  assert.equal(log.match(/"event":"start-session"/g)?.length, 1);
  assert.ok(!existsSync(`${world.cwd}/injected`));
});

inCronWorld('a followed repository is synced by the line too, after the apply', async (cron) => {
  const { world } = cron;
  const source = await Source.make(world);
  await source.agents(['coder']);
  await gitops(world, 0, 'bootstrap', '--repo', source.remote);
  const installed = await cron.mosaic(['fleet', 'install-cron']);
  assert.equal(installed.code, 0, installed.stderr);
  await source.agents(['coder', 'writer']);
  const line = (await cron.crontab()).trimEnd();
  const run = await cron.run('env', ['-i', '/bin/sh', '-c', commandOf(line)], { timeoutMs: 50_000 });
  assert.equal(run.code, 0);
  assert.ok((await world.sessions()).includes('writer'));
});

inCronWorld('beside units that apply the fleet already: only where that is said', async (cron) => {
  fleet(cron);
  const units = cron.world.path('home/.config/systemd/user');
  mkdirSync(units, { recursive: true });
  writeFileSync(`${units}/mosaic-reconcile.timer`, '# mosaic fleet=test\n');
  const refused = await cron.mosaic(['fleet', 'install-cron']);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /mosaic-reconcile\.timer applies this fleet already/);
  assert.equal(await cron.crontab(), '');
  assert.equal((await cron.mosaic(['fleet', 'install-cron', '--yes'])).code, 0);
  assert.match(await cron.crontab(), /# mosaic fleet=test\n$/);
});

inWorld('where a user manager answers, a note says what is better', 'systemd', async (world) => {
  const mounted = await world.run('sh', [
    '-c',
    'mkdir -p /var/spool/cron && mount -t tmpfs tmpfs /var/spool/cron && mkdir -m 1730 /var/spool/cron/crontabs && chgrp crontab /var/spool/cron/crontabs',
  ]);
  assert.equal(mounted.code, 0, mounted.stderr);
  world.writeFleet({ agents: [{ name: 'one', runtime: 'shell', working_directory: world.cwd }] });
  const { code, stderr } = await world.mosaic(['fleet', 'install-cron']);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Note: a systemd user manager answers here; mosaic fleet install-systemd /);
});
