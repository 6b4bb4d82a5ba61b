import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseTmux, saysNoServer } from '../../src/observe/tmux.ts';
import { parseUnits } from '../../src/observe/units.ts';
import { wakeHook } from '../../src/render/hook.ts';

const MARK = 'test/a 1-0123456789abcdef systemd born %4';
const line = (
  fields: Partial<Record<'pane' | 'dead' | 'name' | 'mark' | 'id' | 'kickstart' | 'revision', string>> = {},
): string =>
  [
    '100:1700000000',
    `${fields.id ?? '$3'}:1700000001:2:1700000002`,
    fields.pane ?? '%4:4242',
    fields.dead ?? '0:::',
    fields.kickstart ?? '00',
    fields.revision ?? '',
    fields.name ?? 'a',
    fields.mark ?? MARK,
  ].join(':');

function seen(...lines: string[]) {
  const source = parseTmux(lines.map((text) => `${text}\n`).join(''));
  assert.ok(source.known, JSON.stringify(source));
  return source.value;
}

test('a session of ours with its pane', () => {
  assert.deepEqual(seen(line()), {
    server: { pid: 100, startTime: 1_700_000_000 },
    sessions: [
      {
        id: '$3',
        name: 'a',
        createdAt: 1_700_000_001_000,
        attached: 2,
        activityAt: 1_700_000_002_000,
        owner: { fleet: 'test', agent: 'a' },
        started: { definition: '1-0123456789abcdef', supervisor: 'systemd', born: 'born' },
        kickstartPending: false,
        pane: { id: '%4', pid: 4242, dead: false },
        panes: [{ id: '%4', pid: 4242, dead: false }],
      },
    ],
  });
});

test('the revision that a session runs as', () => {
  assert.equal(seen(line({ revision: 'abc1' })).sessions[0]?.revision, 'abc1');
  assert.equal(seen(line()).sessions[0]?.revision, undefined);
});

test('hooks of ours among those of the user, which may say anything', () => {
  const [ours, another] = [wakeHook('/home/x/wake'), wakeHook('/home/y/wake')];
  const printed = ({ id }: { id: string }): string =>
    `pane-died[77] run-shell -b "true ${id} 2>/dev/null > /home/x/wake || true"`;
  const theirs = ['pane-died[0] display-message "', '200:1700000000:$9:1:0:0:%9:9:0:::: :00::x:', '"'];
  const found = seen(line(), ...theirs, printed(ours), printed(another));
  assert.deepEqual(found.hooks, [ours.id, another.id]);
  assert.equal(found.sessions.length, 1, 'what follows is no pane');
  assert.deepEqual(seen(line(), ...theirs).hooks, []);
  assert.deepEqual(seen(line(), 'pane-died').hooks, []);
});

test('how a program ended', () => {
  const pane = (dead: string) => seen(line({ dead })).sessions[0]?.pane;
  const common = { id: '%4', pid: 4242, dead: true };
  assert.deepEqual(pane('1:3::1700000009'), { ...common, status: 3, diedAt: 1_700_000_009_000 });
  assert.deepEqual(pane('1:0:0:1700000009'), { ...common, status: 0, diedAt: 1_700_000_009_000 });
  assert.deepEqual(pane('1::9:1700000009'), { ...common, signal: 9, diedAt: 1_700_000_009_000 });
  assert.deepEqual(pane('1::SIGKILL:1700000009'), { ...common, signal: 9, diedAt: 1_700_000_009_000 });
  assert.deepEqual(pane('1:::'), common, 'dead, and nobody knows why');
  assert.deepEqual(
    pane('0:3:9:1'),
    { ...common, dead: false },
    'what a live pane says of its end means nothing',
  );
});

test('a pane that somebody opened beside is not the agent', () => {
  const { sessions } = seen(line({ pane: '%5:5' }), line());
  assert.equal(sessions.length, 1);
  assert.equal(sessions[0]?.pane?.pid, 4242);
  assert.deepEqual(
    sessions.flatMap(({ panes }) => panes).map(({ id, pid }) => [id, pid]),
    [
      ['%5', 5],
      ['%4', 4242],
    ],
  );
  const [alone] = seen(line({ pane: '%5:5' })).sessions;
  assert.equal(alone?.pane, undefined, 'nor is it when the agent has closed its own');
});

for (const mark of [
  '',
  'test',
  'test/a',
  '/a holder',
  'test/a 1-00 both born %4',
  `test/a: ${MARK}`,
  `${MARK} more`,
]) {
  test(`no mark of ours: "${mark}"`, () => {
    const [session] = seen(line({ mark })).sessions;
    assert.equal(session?.owner, undefined);
    assert.equal(session?.started, undefined);
    assert.equal(session?.pane, undefined);
  });
}

test('a kickstart is pending until Enter has followed it', () => {
  const session = (mark: string, kickstart: string) => {
    const { kickstartPending, kickstartTyped } = seen(line({ mark, kickstart })).sessions[0] ?? {};
    return [kickstartPending, kickstartTyped];
  };
  assert.deepEqual(session(`${MARK} kickstart`, '00'), [true, undefined]);
  assert.deepEqual(session(`${MARK} kickstart`, '01'), [true, true]);
  assert.deepEqual(session(`${MARK} kickstart`, '10'), [false, undefined]);
  assert.deepEqual(session(MARK, '00'), [false, undefined]);
});

test('no server has its own words, and nothing else is that', () => {
  assert.ok(saysNoServer('no server running on /tmp/tmux-0/test\n'));
  assert.ok(saysNoServer('error connecting to /tmp/tmux-0/test (No such file or directory)\n'));
  assert.ok(!saysNoServer('error connecting to /tmp/tmux-0/test (Permission denied)\n'));
  assert.ok(!saysNoServer('lost server\n'));
  assert.ok(!saysNoServer(''));
});

test('what is no list of panes is unknown, and never throws', () => {
  assert.deepEqual(parseTmux(''), { known: true, value: { sessions: [] } });
  for (const text of ['x', `${line()}\nx`, line().slice(5), line({ pane: '4:4' }), line({ dead: '2:::' })]) {
    assert.equal(parseTmux(text).known, false, text);
  }
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      if (text.trim() !== '') assert.equal(parseTmux(text).known, false);
    }),
  );
  // Cut off anywhere before the mark, which is the last field and may hold anything.
  const whole = line();
  for (let at = 1; at < whole.length - MARK.length; at++) {
    assert.equal(parseTmux(whole.slice(0, at)).known, false, whole.slice(0, at));
  }
});

test('units by their full names', () => {
  const unit = 'mosaic-agent@a.service';
  assert.deepEqual(
    parseUnits(JSON.stringify([{ unit, load: 'loaded', active: 'active', sub: 'exited', description: '' }])),
    {
      known: true,
      value: { manager: 'answers', units: new Map([[unit, { active: 'active', sub: 'exited' }]]) },
    },
  );
});

test('what is no list of units is unknown, and never throws', () => {
  const halves = ['[{"unit":"a","active":"b"}]', '[{"unit":1,"active":"b","sub":"c"}]'];
  for (const text of ['', 'x', '{}', 'null', '3', '[{}]', '[null]', '[3]', ...halves]) {
    assert.equal(parseUnits(text).known, false, text);
  }
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const empty = Array.isArray(value) && value.length === 0;
      assert.equal(parseUnits(JSON.stringify(value)).known, empty);
    }),
  );
});
