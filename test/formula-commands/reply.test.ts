/** Answers to escalations: kept, for whom, and refused. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { formulaReply as isReply } from '../../src/generated/validators.js';
import { inScene } from './scene.ts';

inScene('reply: kept for the next run, several in their order', async (scene) => {
  const { formula, record, past, replies } = scene;
  past(record('gardener'));
  const first = await formula(['reply', 'gardener', 'Yes,', 'drop', 'Node 18']);
  assert.equal(first.stdout, 'No run of gardener lasts: the next one has it in its prompt.\n');
  const second = await formula(['reply', 'gardener', '-'], 0, 'In two lines:\nno.\n');
  assert.match(second.stdout, /2 wait; they are given in their order\.$/m);
  const third = await formula(['reply', 'gardener', '--json'], 0, 'third\r\n\u001b[31mred');
  assert.deepEqual(replies('gardener'), ['Yes, drop Node 18', 'In two lines:\nno.', 'third\n[31mred']);
  const data: unknown = JSON.parse(third.stdout);
  assert.ok(isReply(data), JSON.stringify(isReply.errors));
  assert.deepEqual(data, { format_version: 1, fleet: 'test', formula: 'gardener', to: 'next', waiting: 3 });
});

inScene('reply: a run that lasts is told now', async ({ formula, record, current, replies }) => {
  const run = record('gardener');
  current(run);
  const { stdout } = await formula(['reply', 'gardener', 'go on']);
  assert.equal(stdout, `The run ${run.id} of gardener lasts: its agent is told as soon as it takes input.\n`);
  assert.deepEqual(replies('gardener'), ['go on']);
  const data = JSON.parse((await formula(['reply', 'gardener', 'and', '--json'])).stdout) as object;
  assert.ok(isReply(data), JSON.stringify(isReply.errors));
  assert.deepEqual([(data as { to: string }).to, (data as { run?: string }).run], ['running', run.id]);
});

inScene('reply: what is refused leaves nothing behind', async ({ formula, record, past, replies, world }) => {
  past(record('gardener'));
  assert.match((await formula(['reply', 'gardner', 'x'], 64)).stderr, /Did you mean gardener\?/);
  const blanks: [string[], string][] = [
    [['-'], ''],
    [[], ' \n\t\n'],
    [[' ', ''], ''],
    [['\u0007'], ''],
  ];
  for (const [words, input] of blanks) {
    const { stderr } = await formula(['reply', 'gardener', ...words], 64, input);
    assert.match(
      stderr,
      /the answer is (?:blank|empty)[^]*on standard input with -, from a file or a pipe\./,
    );
  }
  const huge = await formula(['reply', 'gardener', '-'], 64, 'x'.repeat(70_000));
  assert.match(huge.stderr, /the answer has 70,000 bytes; at most 65,536 are given to an agent/);
  assert.throws(() => replies('gardener'), /ENOENT/);
  world.writeFleet('version: 0\n');
  await formula(['reply', 'gardener', 'x'], 65);
});

inScene("reply: in an agent's session it names the agent, in a formula's it is refused", async (scene) => {
  const { record, past, replies, world } = scene;
  past(record('gardener'));
  const own = await world.mosaic(['formula', 'reply', 'gardener', 'to myself'], {
    env: { MOSAIC_FORMULA: 'gardener', MOSAIC_AGENT: '_formula-gardener' },
  });
  assert.equal(own.code, 1, own.stdout);
  assert.match(own.stderr, /answers come from a person[^]*PHASE:escalate/);
  assert.throws(() => replies('gardener'), /ENOENT/);
  const other = await world.mosaic(['formula', 'reply', 'gardener', 'go on'], {
    env: { MOSAIC_AGENT: 'coder0' },
  });
  assert.equal(other.code, 0, other.stderr);
  assert.deepEqual(replies('gardener'), [
    '(The agent coder0 of the fleet says this, not the operator.)\n\ngo on',
  ]);
});

inScene(
  'reply: of a terminal, and of what else is no file, that is said',
  async ({ record, past, world }) => {
    past(record('gardener'));
    const mosaic = fileURLToPath(new URL('../../dist/mosaic.js', import.meta.url));
    const command = [process.execPath, mosaic, 'formula', 'reply', 'gardener', '-'];
    const { code, stderr } = await world.run('sh', ['-c', '"$@" </dev/null', 'sh', ...command]);
    assert.equal(code, 64);
    assert.match(stderr, /there is no answer: standard input is neither a file nor a pipe/);
  },
);
