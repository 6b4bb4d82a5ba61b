/** Every end that a run can come to. What ends by a word of the agent's, by a person's, or by the clock. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { phase } from '../support/stand-in/formula.ts';
import { runCases, type EndCase } from './support/ends.ts';
import { forFormulas, inFormulas } from './support/scene.ts';

const COMMIT = 'echo rose >>roses.txt && git add roses.txt && git commit -qm "A rose"';

const byPhase: EndCase[] = [
  {
    name: 'done',
    lives: [[{ sh: 'setsid sleep 600 </dev/null >/dev/null 2>&1 &' }, phase('PHASE:done')]],
    exit: 0,
    reason: 'done',
    phases: ['done'],
    worktree: 'removed',
  },
  {
    name: 'done-pushed',
    lives: [[{ sh: `${COMMIT} && git push -q origin HEAD:refs/heads/roses` }, phase('PHASE:done')]],
    delivery: 'typed',
    exit: 0,
    reason: 'done',
    phases: ['done'],
    worktree: 'removed',
    async after(_, { world, repository }) {
      assert.match(await world.git(repository, 'ls-remote', 'origin', 'roses'), /refs\/heads\/roses/);
    },
  },
  {
    name: 'failed',
    lives: [[{ sh: COMMIT }, { sh: 'echo loose >loose.txt' }, phase('PHASE:failed\nthe tests do not pass')]],
    exit: 1,
    reason: 'failed',
    detail: /the tests do not pass/,
    phases: ['failed: the tests do not pass'],
    worktree: 'rescued',
    async after({ last }, { world, repository }) {
      const ref = last().worktree?.rescued ?? '';
      assert.equal(await world.git(repository, 'show', `${ref}:roses.txt`), 'rose');
      assert.equal(await world.git(repository, 'show', `${ref}:loose.txt`), 'loose');
    },
  },
  {
    name: 'merged',
    // Ends by itself in the same moment: what it wrote counts.
    lives: [[{ sh: `printf 'PHASE:merged\\n' >"$MOSAIC_PHASE_FILE"`, exit: 7 }]],
    exit: 0,
    reason: 'merged',
    phases: ['merged'],
    worktree: 'removed',
  },
];

/** Its programs do what they should not. */
const unruly: EndCase[] = [
  {
    name: 'renamed',
    lives: [[{ sh: 'tmux rename-session mine && tmux new-window -d sleep 600' }, phase('PHASE:done')]],
    exit: 0,
    reason: 'done',
    phases: ['done'],
    worktree: 'removed',
    async after(_, { world }) {
      assert.ok(!(await world.sessions()).includes('mine'));
    },
  },
  {
    name: 'not-a-file',
    // None of these is a phase, and none keeps the next one from being read.
    lives: [
      [
        { sh: 'mkfifo "$MOSAIC_PHASE_FILE"', file: 'first' },
        { sh: 'rm "$MOSAIC_PHASE_FILE" && ln -s /etc/passwd "$MOSAIC_PHASE_FILE"', file: 'second' },
        { sh: 'rm "$MOSAIC_PHASE_FILE" && mkdir "$MOSAIC_PHASE_FILE"', file: 'third' },
        { sh: 'rm first second third; rmdir "$MOSAIC_PHASE_FILE"' },
        phase('PHASE:failed\nit is a file again'),
      ],
    ],
    async during({ agent, current }, { world }) {
      for (const [at, name] of ['first', 'second', 'third'].entries()) {
        await world.until('it stands there', () => agent.deeds('ran').length > at, 30_000);
        assert.deepEqual(current()?.phases, []);
        writeFileSync(`${agent.start().cwd}/${name}`, '');
      }
    },
    exit: 1,
    reason: 'failed',
    detail: /it is a file again/,
    phases: ['failed: it is a file again'],
    worktree: 'removed',
  },
];

const answered: EndCase[] = [
  {
    name: 'escalate-answered',
    keys: { commands: { notify: ['sh', '-c', 'env >"$HOME/notified"; echo no mail >&2; exit 9'] } },
    lives: [
      [
        phase('PHASE:escalate\nwhich colour?'),
        { heard: 'paint them white' },
        { sh: COMMIT },
        phase('PHASE:done'),
      ],
    ],
    async during(formula, { world }) {
      const asks = (): boolean => formula.current()?.phases[0]?.detail?.includes('nobody was told') === true;
      await world.until('it has escalated', asks, 30_000);
      const said = await world.mosaic(['formula', 'reply', formula.name, 'paint them white']);
      assert.equal(said.code, 0, said.stderr);
    },
    exit: 0,
    reason: 'done',
    phases: ['escalate: which colour? (nobody was told: the command for that ended with 9: no mail)', 'done'],
    worktree: 'rescued',
    after({ agent, events }, { world }) {
      const told = agent.deeds('taken').filter(({ text }) => text?.includes('paint them white'));
      assert.equal(told.length, 1);
      const unheard = 'nobody was told of its question: the command for that ended with 9: no mail';
      assert.equal(events().filter(({ message }) => message === unheard).length, 1);
      assert.match(readFileSync(`${world.home}/notified`, 'utf8'), /which colour\?/);
      return Promise.resolve();
    },
  },
  {
    name: 'escalation-timeout',
    keys: { escalation_timeout: '1s' },
    lives: [[phase('PHASE:escalate\nhelp'), { heard: 'nobody says this' }]],
    exit: 124,
    reason: 'escalation-timeout',
    phases: ['escalate: help'],
    worktree: 'removed',
  },
  {
    name: 'awaiting-ci',
    // Twice with the same words: red first, then green.
    keys: {
      commands: {
        awaiting_ci: [
          'sh',
          '-c',
          'pwd; if [ -e once ]; then rm once; echo "pipeline is green"; else touch once; echo "pipeline is red"; exit 9; fi',
        ],
      },
    },
    lives: [
      [
        phase('PHASE:awaiting_ci\npushed'),
        { heard: 'pipeline is red' },
        phase('PHASE:awaiting_ci\npushed'),
        { heard: 'pipeline is green' },
        phase('PHASE:merged'),
      ],
    ],
    delivery: 'typed',
    exit: 0,
    reason: 'merged',
    phases: [
      'awaiting_ci: pushed; its command ended with 9',
      'awaiting_ci: pushed; its command ended with 0',
      'merged',
    ],
    worktree: 'removed',
    after({ agent }) {
      const red = agent.deeds('taken').find(({ text }) => text?.includes('pipeline is red'))?.text ?? '';
      assert.match(red, /\b9\b/, 'the exit code is told');
      assert.ok(red.includes(agent.start().cwd ?? '?'), 'it runs in the worktree');
      return Promise.resolve();
    },
  },
  {
    name: 'awaiting-review',
    // Nobody is asked: it is noted, and the run goes on. A word that there is not is told to the agent.
    lives: [
      [
        phase('PHASE:awaiting_review'),
        { file: 'noted' },
        phase('PHASE:nonsense'),
        { heard: 'nonsense' },
        phase('PHASE:done'),
      ],
    ],
    async during(formula, { world }) {
      await world.until('it is noted', () => formula.current()?.phases.length === 1, 30_000);
      writeFileSync(`${formula.agent.start().cwd}/noted`, '');
    },
    exit: 0,
    reason: 'done',
    phases: ['awaiting_review', '?PHASE:nonsense', 'done'],
    worktree: 'rescued',
  },
];

const byClock: EndCase[] = [
  {
    name: 'idle-prompt',
    lives: [[{ sh: 'echo note >note.txt' }, { idle: true }]],
    exit: 1,
    reason: 'idle-prompt',
    phases: [],
    worktree: 'rescued',
  },
  {
    name: 'idle-timeout',
    keys: { idle_timeout: '2s' },
    lives: [[{ quiet: true }]],
    exit: 124,
    reason: 'idle-timeout',
    phases: [],
    worktree: 'removed',
  },
  {
    name: 'timeout',
    // It is at work, moves its spinner all the time, and does not hear SIGTERM's child either.
    keys: { timeout: '6s' },
    lives: [[{ sh: `trap '' TERM HUP INT; (trap '' TERM HUP; sleep 600 </dev/null >/dev/null 2>&1) &` }]],
    exit: 124,
    reason: 'timeout',
    phases: [],
    worktree: 'removed',
  },
];

// The prompt is typed once the start has been judged: what ends before that has crashed without one.
const byCrash: EndCase[] = [
  {
    name: 'recovered',
    delivery: 'typed',
    lives: [
      [{ sh: 'echo half >half.txt' }, { signal: 'SIGKILL' }],
      [{ sh: 'cat half.txt && echo whole >half.txt' }, phase('PHASE:done')],
    ],
    exit: 0,
    reason: 'done',
    phases: ['done'],
    worktree: 'rescued',
    async after({ agent, last }, { world, repository }) {
      const [first, second] = agent.deeds('start');
      assert.equal(second?.cwd, first?.cwd, 'the same worktree');
      assert.notEqual(second?.promptFile, first?.promptFile, 'told what happened');
      assert.match(second?.promptFile ?? '', /git status/);
      assert.match(agent.deeds('taken').at(-1)?.text ?? '', /git status/);
      assert.match(agent.deeds('ran').at(1)?.output ?? '', /half/);
      assert.equal(last().retries, 1);
      const ref = last().worktree?.rescued ?? '';
      assert.equal(await world.git(repository, 'show', `${ref}:half.txt`), 'whole');
    },
  },
  {
    name: 'crashed-twice',
    lives: [[{ sh: 'echo "$$" >>lives.txt' }, { exit: 3 }]],
    delivery: 'typed',
    exit: 3,
    reason: 'crashed',
    phases: [],
    worktree: 'kept',
    after({ agent, last }) {
      assert.equal(agent.deeds('start').length, 2);
      assert.equal(last().retries, 1);
      const lives = readFileSync(`${last().worktree?.path}/lives.txt`, 'utf8');
      assert.equal(lives.trim().split('\n').length, 2);
      return Promise.resolve();
    },
  },
  {
    name: 'no-second-life',
    keys: { crash_retries: 0 },
    lives: [[{ show: 'out of paint' }, { exit: 0 }]],
    exit: 3,
    reason: 'crashed',
    phases: [],
    worktree: 'kept',
    after({ agent }) {
      assert.equal(agent.deeds('start').length, 1);
      return Promise.resolve();
    },
  },
];

for (const [name, cases] of Object.entries({ byPhase, unruly, answered, byClock, byCrash })) {
  const told = cases.map((one) => one.name).join(', ');
  forFormulas(`${name.replace('by', '').toLowerCase()}: ${told}`, async (scene) => runCases(scene, cases));
}

forFormulas('skipped: for memory, and for a run that lasts', async (scene) => {
  const { world } = scene;
  const hungry = scene.formula('hungry', { lives: [[]], keys: { min_available_memory: '4000G' } });
  const { stdout, stderr } = await hungry.run(0);
  assert.match(`${stdout}${stderr}`, /memory/);
  assert.deepEqual(
    hungry.events().map(({ event }) => event),
    ['formula-skipped'],
  );
  assert.deepEqual([hungry.agent.deeds().length, hungry.history().length], [0, 0]);
  await hungry.leavesNothing();
  assert.match(await world.git(scene.repository, 'worktree', 'list'), /^\S+ +\S+ \[main\]$/);

  const go = world.path('go');
  const slow = scene.formula('slow', { lives: [[{ file: go }, phase('PHASE:done')]] });
  const running = await slow.begin();
  const session = await slow.session();
  const second = await slow.run(0);
  assert.match(`${second.stdout}${second.stderr}`, /is at work/);
  assert.equal(slow.agent.deeds('start').length, 1);
  assert.equal(await slow.session(), session);
  assert.equal(existsSync(slow.agent.start().cwd ?? ''), true);
  assert.deepEqual(
    slow.events().map(({ event }) => event),
    ['formula-start', 'formula-skipped'],
  );
  await world.run('touch', [go]);
  assert.equal((await running.ended).code, 0);
  assert.equal(slow.history().length, 1);
  await slow.leavesNothing();
});

inFormulas(
  'a process that hides, and works in the worktree: that stays, and says so',
  'none',
  async (scene) => {
    const { world } = scene;
    const hide = `env -i setsid sh -c 'echo $$ >pid; exec sleep 600' </dev/null >/dev/null 2>&1 &`;
    const formula = scene.formula('hidden', { lives: [[{ sh: hide, file: 'pid' }, phase('PHASE:done')]] });
    const { stdout, stderr } = await formula.run(0);
    const { worktree } = formula.last();
    assert.equal(worktree?.end, 'kept');
    const pid = readFileSync(`${worktree.path}/pid`, 'utf8').trim();
    assert.match(worktree.why ?? '', new RegExp(`\\b${pid}\\b`));
    assert.ok(`${stdout}${stderr}`.includes(worktree.path));
    assert.equal(formula.events().at(-1)?.path, worktree.path);
    await formula.leavesNothing();
    await world.run('kill', [pid]);
  },
);
