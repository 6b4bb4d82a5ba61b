import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Task } from '../../src/model/mission.ts';
import { appendTask, parseTasks, setTaskStatus, tasksDigest } from '../../src/mission/tasks.ts';
import { documents, homeOf, statuses, tasksIn, written } from './task-documents.ts';

const runs = { numRuns: 1500 };
const status = fc.constantFrom(...statuses);

const withoutLine = (task: Task): Task => ({ ...task, line: 0 });

describe('TASKS.md of any form', () => {
  it('is read as what it was written from, with its lines', () => {
    fc.assert(
      fc.property(documents, (model) => {
        const { text, tasks } = written(model);
        assert.deepEqual(parseTasks(text), { tasks, problems: [], found: true });
      }),
      runs,
    );
  });

  it('differs in one word after a status is set, and in nothing after it is set back', () => {
    let changed = 0;
    fc.assert(
      fc.property(documents, fc.nat(), status, (given, pick, wanted) => {
        const model = structuredClone(given);
        const { text, tasks } = written(model);
        const all = tasksIn(model);
        const one = all[pick % Math.max(1, all.length)];
        if (one === undefined) return;
        const set = setTaskStatus(text, one.id, wanted);
        const plain = one.spelling === 'plain';
        const old = one.status;
        const before = tasksDigest(tasks);
        Object.assign(one, { status: wanted, spelling: 'plain' });
        const expected = written(model);
        assert.equal(set, expected.text);
        assert.deepEqual(parseTasks(set).tasks, expected.tasks);
        assert.equal(tasksDigest(expected.tasks) === before, wanted === old);
        if (plain) assert.equal(setTaskStatus(set, one.id, old), text);
        changed++;
      }),
      runs,
    );
    assert.ok(changed > runs.numRuns / 2, `only ${changed} documents had a task`);
  });

  it('has one line more after a task is added, in the table of its milestone, and all else as it was', () => {
    const cell = fc.string({ unit: 'binary', maxLength: 12 });
    const milestone = fc.constantFrom('M1', 'M2', 'M9');
    fc.assert(
      fc.property(documents, milestone, cell, cell, status, (model, home, description, notes, begun) => {
        const { text, tasks } = written(model);
        const task = { id: 'NEW|1 古', milestone: home, description, notes, status: begun };
        const added = appendTask(text, task);
        let from = 0;
        while (from < text.length && text[from] === added[from]) from++;
        assert.equal(added.slice(added.length - (text.length - from)), text.slice(from));
        assert.equal(added.split('\n').length, text.split('\n').length + 1);
        const read = parseTasks(added);
        assert.deepEqual(read.problems, []);
        const index = read.tasks.findIndex(({ id }) => id === task.id);
        const [found] = read.tasks.splice(index, 1);
        assert.deepEqual(read.tasks.map(withoutLine), tasks.map(withoutLine));
        assert.equal(found?.status, begun);
        assert.equal(found.milestone, home);
        const table = homeOf(model, home);
        const last = table?.tasks.at(-1);
        if (last !== undefined) assert.equal(read.tasks[index - 1]?.id, last.id);
      }),
      runs,
    );
  });

  it('gives back plain cells as they were added', () => {
    const plain = fc
      .string({
        unit: fc.constantFrom('a', ' ', '|', '\\', '`', '*', '古', '👩', '<', '#', '-'),
        maxLength: 12,
      })
      .map((text) => text.trim());
    fc.assert(
      fc.property(documents, plain, plain, (model, description, notes) => {
        const added = appendTask(written(model).text, { id: 'NEW', milestone: 'M1', description, notes });
        const found = parseTasks(added).tasks.find(({ id }) => id === 'NEW');
        const columns = homeOf(model, 'M1')?.columns ?? [];
        assert.equal(found?.description, description);
        assert.equal(found.notes, columns.includes('notes') ? notes : '');
        assert.equal(found.status, 'not-started');
      }),
      runs,
    );
  });
});

describe('a text of any kind', () => {
  const tricky = fc.constantFrom(
    '| id | status | milestone | description |\n|---|---|---|---|',
    'description | milestone | status | id\r\n-|:-:|-:|-|-|',
    '| id | status |\n|---|---|',
    '| id | status | milestone | description |',
    '| a | done | M1 | x |',
    '| a | done | M1 | x |',
    '| b | dnoe | M1 |',
    '|',
    '||',
    '```',
    '<!--',
    '-->',
    '\r',
    '',
  );
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    ...Array.from({ length: 5 }, () => tricky),
  );
  const texts = fc
    .tuple(
      fc.constantFrom('', '| id | status | milestone | description |\n|---|---|---|---|\n'),
      fc.array(line, { minLength: 4, maxLength: 12 }),
    )
    .map(([first, lines]) => `${first}${lines.join('\n')}`);

  it('is read without an exception, every problem on a line that is there', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const lines = text.split('\n');
        const { tasks, problems, found } = parseTasks(text);
        if (tasks.length + problems.length > 0) assert.ok(found);
        for (const { range } of problems) {
          assert.ok(range);
          const shown = lines[range.line - 1];
          assert.ok(shown !== undefined && range.column - 1 + range.length <= Math.max(1, shown.length) + 1);
        }
        for (const task of tasks) assert.ok(lines[task.line - 1]?.includes(task.id.replaceAll('|', '\\|')));
      }),
      { numRuns: 3000 },
    );
  });

  it('has its status set exactly when it has the task once', () => {
    const counts = [0, 0, 0];
    fc.assert(
      fc.property(texts, (text) => {
        const count = parseTasks(text).tasks.filter(({ id }) => id === 'a').length;
        counts[Math.min(count, 2)] = (counts[Math.min(count, 2)] ?? 0) + 1;
        if (count === 1)
          assert.equal(
            parseTasks(setTaskStatus(text, 'a', 'failed')).tasks.find(({ id }) => id === 'a')?.status,
            'failed',
          );
        else
          assert.throws(
            () => setTaskStatus(text, 'a', 'failed'),
            /^Error: (?:there is no task|the task id) "a"/,
          );
      }),
      { numRuns: 3000 },
    );
    assert.ok(Math.min(...counts) > 50, `not seen often enough: ${counts.join(' ')}`);
  });
});
