/** What the commands on agents say of the sessions of formulas; help. */
import assert from 'node:assert/strict';
import { inScene } from './scene.ts';

inScene('commands on agents say whose such a session is', async ({ world, formula }) => {
  for (const args of [['status'], ['send', '-m', 'hello'], ['tail'], ['attach']]) {
    const [verb = '', ...more] = args;
    const { code, stderr } = await world.mosaic(['agent', verb, '_formula-gardener', ...more]);
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      /there is no agent "_formula-gardener"[^]*fix: That is the session of a formula: mosaic formula reply gardener /,
    );
  }
  assert.match((await formula(['lsit'], 64)).stderr, /Did you mean list\?/);
});

inScene('status has a line on the runs that last, and one on each that is left', async (scene) => {
  const { world, record, current, past } = scene;
  const before = await world.mosaic(['status']);
  assert.doesNotMatch(before.stdout, /formula/i);
  current(record('gardener', { phases: [{ phase: 'awaiting_ci', at: Date.now() }] }));
  current(record('planner'), false);
  const { stdout } = await world.mosaic(['status']);
  assert.match(stdout, /^Formula running: gardener since 2h \(awaiting_ci\)$/m);
  assert.match(
    stdout,
    /^Formula left by its mosaic: planner, begun 2h ago: .* the next run ends it: mosaic formula run .*planner\.toml$/m,
  );
  // It ended, and only its removal is missing.
  const over = record('planner');
  past(over);
  current(over, false);
  assert.doesNotMatch((await world.mosaic(['status'])).stdout, /planner/);
});

inScene('help: every command has its text, options, examples and exit codes', async ({ formula }) => {
  const { stdout } = await formula(['--help']);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name = '']) => name);
  for (const name of ['run', 'list', 'history', 'reply', 'check', 'install', 'uninstall'])
    assert.ok(names.includes(name), `${name} of ${names.join(' ')}`);
  for (const name of names) {
    const help = (await formula([name, '--help'])).stdout;
    assert.match(help, /--file <file>/);
    assert.match(help, new RegExp(`Examples?:\n[^]*mosaic formula ${name}`));
    assert.match(help, /^Exit codes:$/m);
    for (const line of help.split('\n')) assert.ok(line.length <= 140, line);
  }
});
