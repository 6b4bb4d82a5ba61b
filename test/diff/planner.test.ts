/** What a diff foretells is what the planner then does, on a machine where the base runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compareFleets } from '../../src/plan/compare.ts';
import { fleetOn, look, mosaic } from '../model/driver.ts';
import { createMachine, HOME, type Machine } from '../model/fake-host.ts';
import { apply, writeFleet } from '../plan/fleet-on-machine.ts';
import type { AgentDiff } from '../../src/model/diff.ts';
import type { Verdict } from '../../src/model/plan.ts';

const names = ['ap', 'app', 'build', 'coder'] as const;

const agent = fc.record(
  {
    state: fc.constantFrom('running', 'stopped'),
    env: fc.constantFrom({ MODE: 'one' }, { MODE: 'two' }),
    on_change: fc.constantFrom('hold', 'restart'),
    class: fc.constantFrom('implementer', 'reviewer'),
    restart: fc.constantFrom({ max_restarts: 2 }, { policy: 'always' }),
    host: fc.constantFrom('here', 'there'),
  },
  { requiredKeys: [] },
);

const roster = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), agent), { selector: ([name]) => name })
  .map((entries) => entries.map(([name, fields]) => ({ name, ...fields })));

/** Sometimes an agent of the base bears another name in the head. */
const change = fc.record({
  base: roster,
  head: roster,
  renamed: fc.option(fc.constantFrom(...names), { nil: undefined }),
  prune: fc.boolean(),
});

const formula = fc.record({
  file: fc.constantFrom('/src/one.toml', '/src/two.toml'),
  every: fc.constantFrom('1h', '6h', '7d'),
});

const formulas = fc
  .uniqueArray(fc.tuple(fc.constantFrom('gardener', 'planner', 'planner-formula-x'), formula), {
    selector: ([name]) => name,
  })
  .map((entries) => entries.map(([name, fields]) => ({ name, ...fields })));

const told: Record<Verdict['change'], AgentDiff['consequence'][]> = {
  none: ['none'],
  start: ['start', 'move'],
  restart: ['restart'],
  stop: ['stop', 'move'],
  hold: ['hold', 'move'],
  rename: ['rename', 'hold'],
  conflict: ['conflict'],
  record: ['none'],
  adopt: [],
  unknown: [],
};

for (const systemd of [false, true])
  test(`a diff foretells the plan [${systemd ? 'systemd' : 'none'}]`, async () => {
    await fc.assert(
      fc.asyncProperty(change, async ({ base, head, renamed, prune }) => {
        const machine = createMachine({ systemd });
        writeFleet(machine, base);
        const before = allOf(fleetOn(machine, 'all'));
        await apply(machine);
        const after = head.map((entry) =>
          entry.name === renamed ? { ...entry, name: 'new-one', renamed_from: renamed } : entry,
        );
        writeFleet(machine, after, { reconcile: { prune } });
        const diff = compareFleets(before, allOf(fleetOn(machine, 'all')));
        const { plan } = await look(machine);
        const hosts = new Map([...base, ...after].map(({ name, host }) => [name, [host]]));
        for (const { name, host } of base) hosts.get(name)?.push(host);
        for (const verdict of plan.verdicts) {
          const found = diff.agents.find((one) => one.agent === verdict.agent || one.from === verdict.agent);
          const consequence = found?.consequence ?? 'none';
          const say = `${verdict.agent}: ${verdict.rule} (${verdict.change}: ${verdict.reason}), told ${consequence}: ${found?.reason}`;
          // What is told of all hosts together is not all done by this one.
          const moves = found?.fields.some(({ field }) => field === 'host') === true;
          if (moves && (verdict.change === 'none' || /goes on|every host but/.test(found.reason))) continue;
          assert.ok(told[verdict.change].includes(consequence), say);
        }
        const planned = new Set(
          plan.verdicts.filter(({ change: what }) => what !== 'none').map((one) => one.agent),
        );
        for (const { agent: name, from, consequence, reason, fields } of diff.agents) {
          const isAll =
            fields.some(({ field }) => field === 'host') || hosts.get(name)?.includes('there') === true;
          if (consequence === 'none' || isAll || planned.has(name) || planned.has(from ?? name)) continue;
          assert.fail(`${name} was told ${consequence} (${reason}), and nothing is planned`);
        }
      }),
      { seed: 20_260_301, numRuns: Number(process.env['STORIES'] ?? 150) },
    );
  });

const allOf = (fleet: ReturnType<typeof fleetOn>) => ({
  fleet,
  secrets: new Map<string, Record<string, string>>(),
});

for (const systemd of [false, true])
  test(`a diff foretells the timers of formulas [${systemd ? 'systemd' : 'none'}]`, async () => {
    await fc.assert(
      fc.asyncProperty(formulas, formulas, fc.boolean(), async (base, head, prune) => {
        const machine = createMachine({ systemd });
        for (const file of ['/src/one.toml', '/src/two.toml']) machine.files.put(file, '');
        const agents = [{ name: 'coder' }];
        writeFleet(machine, agents, { formulas: base });
        const before = allOf(fleetOn(machine, 'all'));
        await apply(machine);
        assert.deepEqual((await look(machine)).plan.actions, [], 'a second apply has nothing to do');
        writeFleet(machine, agents, { formulas: head, reconcile: { prune } });
        const diff = compareFleets(before, allOf(fleetOn(machine, 'all')));
        const { plan } = await look(machine);
        const done = plan.actions.flatMap((action) => {
          if (action.kind === 'start-timer')
            return `${action.restart ? 'restart' : 'start'} ${action.formula}`;
          return action.kind === 'stop-timer' ? `stop ${action.formula}` : [];
        });
        const foretold = diff.formulas.flatMap(({ formula: name, change: what, fields }) => {
          if (what === 'added') return `start ${name}`;
          if (what === 'removed') return `stop ${name}`;
          return fields.some(({ field }) => field === 'every') ? `restart ${name}` : [];
        });
        assert.deepEqual(done.toSorted(), systemd ? foretold.toSorted() : []);
        // A change of its file alone is one of its service.
        const written = new Set(
          plan.actions.flatMap((action) => (action.kind === 'write-file' ? action.path : [])),
        );
        for (const { formula: name, change: what } of diff.formulas)
          if (systemd && what === 'changed')
            assert.ok(
              [...written].some((path) => path.includes(`-formula-${name}.`)),
              name,
            );
        assert.deepEqual(
          plan.holds.map(({ subject }) => subject),
          systemd ? [] : head.map(({ name }) => name),
        );
        await apply(machine);
        assert.deepEqual((await look(machine)).plan.actions, []);
        await mosaicDown(machine);
        assert.deepEqual(
          machine.files.list(`${HOME}/.config/systemd/user`).filter((name) => name.includes('formula')),
          [],
        );
      }),
      { seed: 20_260_301, numRuns: Number(process.env['STORIES'] ?? 100) },
    );
  });

async function mosaicDown(machine: Machine): Promise<void> {
  const { code, stderr } = await mosaic(machine, 'down', '--purge');
  assert.equal(code, 0, stderr);
}
