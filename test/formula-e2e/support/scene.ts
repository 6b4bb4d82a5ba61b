/** Formulas in a world of their own: their files, their runs, and what is left of one. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import {
  type FormulaPlaces,
  formulaPlaces,
  formulaSession,
  type RunRecord,
} from '../../../src/model/formula.ts';
import type { LogEntry } from '../../../src/model/outcome.ts';
import { parseRun } from '../../../src/record/formula.ts';
import { inScene, type Scene } from '../../e2e/support/scene.ts';
import type { CommandResult, Running } from '../../support/command.ts';
import { processesOf } from '../../support/processes.ts';
import { formulaAgent, type FormulaAgent, type FormulaStep } from '../../support/stand-in/formula.ts';
import { standInsOf } from '../../support/stand-in/runtime.ts';
import type { World } from '../../support/world.ts';

/** Keys of a formula file, tables by their name. */
export type FormulaKeys = Record<string, unknown>;

export interface FormulaWish {
  lives: FormulaStep[][];
  /** Added to the file, or in place of what it has. */
  keys?: FormulaKeys;
  /** How the agent gets its prompt: as a word unless told. */
  delivery?: 'argument' | 'typed';
  /** Run with it. */
  env?: Record<string, string>;
}

/** One formula with its agent. */
export interface FormulaUnderTest {
  readonly name: string;
  readonly file: string;
  readonly agent: FormulaAgent;
  readonly places: FormulaPlaces;
  /** Runs it to the end, and checks the exit code. */
  run: (code: number) => Promise<CommandResult>;
  /** Starts a run and leaves it running. */
  start: (args?: readonly string[]) => Promise<Running>;
  /** As `start`; resolves when the agent has got so far. */
  begin: (ready?: (agent: FormulaAgent) => unknown) => Promise<Running>;
  /** Ended runs, oldest first, as their file has them. */
  history: () => RunRecord[];
  /** The newest of them. */
  last: () => RunRecord;
  /** What goes on, as its file has it. */
  current: () => RunRecord | undefined;
  /** Phases of a run: `escalate: why`. */
  phases: (run?: RunRecord) => string[];
  /** Its events, oldest first. */
  events: () => LogEntry[];
  /** `#{session_id}` of its session, where one has that name. */
  session: () => Promise<string | undefined>;
  /** Fails unless nothing of its runs lives: no session, process, scope, unfinished record or file with secrets. */
  leavesNothing: () => Promise<void>;
  /** `refs/mosaic/rescue/…` of the repository that are this formula's. */
  rescued: () => Promise<string[]>;
}

export interface FormulaScene extends Scene {
  readonly repository: string;
  formula(name: string, wish: FormulaWish): FormulaUnderTest;
}

type Body = (scene: FormulaScene, t: TestContext) => Promise<void>;

/** A test of formulas whose runtime is `stand`, the stand-in's. */
export function inFormulas(
  name: string,
  supervisor: World['supervisor'],
  body: Body,
  timeout = 240_000,
): void {
  inScene(name, supervisor, async (scene, t) => body(await formulaScene(scene), t), { timeout });
}

/** The same test where tmux alone starts the agents, and where systemd does. */
export function forFormulas(name: string, body: Body, timeout?: number): void {
  inFormulas(name, 'none', body, timeout);
  inFormulas(name, 'systemd', body, timeout);
}

async function formulaScene(scene: Scene): Promise<FormulaScene> {
  const { world } = scene;
  const repository = await world.makeRepository('garden');
  const { command: _, ...patterns } = standInsOf(world).runtime;
  scene.fleet([], { runtimes: { stand: { ...patterns, command: ['false'] } } });
  return { ...scene, repository, formula: (name, wish) => formulaOf(scene, repository, name, wish) };
}

function formulaOf(scene: Scene, repository: string, name: string, wish: FormulaWish): FormulaUnderTest {
  const { world } = scene;
  const agent = formulaAgent(world.path('formula-agents', name), ...wish.lives);
  const file = `${world.cwd}/${name}.toml`;
  const places = formulaPlaces({ formulas: scene.state('formulas') }, name);
  writeFileSync(
    file,
    toml({
      name,
      runtime: 'stand',
      command: [...agent.command, ...(wish.delivery === 'typed' ? [] : ['{prompt}'])],
      repository,
      prompt: `Look after ${name}.`,
      look_every: '200ms',
      timeout: '90s',
      idle_timeout: '90s',
      ...wish.keys,
    }),
  );
  mkdirSync(scene.state(), { recursive: true });
  const environment = wish.env === undefined ? {} : { env: wish.env };
  const history = (): RunRecord[] => lines(places.history).map((line) => parseRun(line));
  const session = async (): Promise<string | undefined> => {
    const format = '#{session_id} #{session_name}';
    const { stdout } = await world.tmux('list-sessions', '-F', format);
    const found = stdout.split('\n').find((line) => line.endsWith(` ${formulaSession(name)}`));
    return found?.split(' ')[0];
  };
  const formula: FormulaUnderTest = {
    name,
    file,
    agent,
    places,
    async run(code) {
      const result = await world.mosaic(['formula', 'run', file], { timeoutMs: 100_000, ...environment });
      assert.equal(result.code, code, `formula run ${name}\n${result.stdout}\n${result.stderr}`);
      return result;
    },
    start: (args = []) => world.start(['formula', 'run', file, ...args], environment),
    async begin(ready = ({ deeds }) => deeds('ready').length > 0) {
      const running = await formula.start();
      let isOver = false;
      void running.ended.finally(() => (isOver = true));
      const begun = (): unknown => ready(agent) || isOver;
      await world.until(`${name} has begun`, begun, 60_000);
      const { stdout, stderr } = running.output();
      assert.ok(ready(agent), `${name} ended before that\n${stdout}\n${stderr}`);
      return running;
    },
    history,
    last() {
      const last = history().at(-1);
      assert.ok(last, `${name} has no history`);
      return last;
    },
    current: () => (existsSync(places.current) ? parseRun(readFileSync(places.current, 'utf8')) : undefined),
    phases: (run = formula.last()) =>
      run.phases.map(({ phase, detail, unknown }) => {
        const word = unknown === true ? `?${phase}` : phase;
        return detail === undefined ? word : `${word}: ${detail}`;
      }),
    events: () =>
      lines(scene.state('events.jsonl'))
        .map((line) => JSON.parse(line) as LogEntry)
        .filter((entry) => entry.agent === formulaSession(name)),
    session,
    async leavesNothing() {
      assert.equal(await session(), undefined, `${name} still has a session`);
      assert.equal(existsSync(places.current), false, `${places.current} is still there`);
      for (const run of history()) assert.equal(existsSync(`${run.folder}/session.tmux`), false);
      // The environment of every process of a run names its phase file, wherever it went.
      const left = processesOf(places.runs).map(({ pid }) => commandLine(pid));
      assert.deepEqual(left, [], `${name} left processes`);
      if (world.supervisor === 'systemd') {
        const { stdout } = await world.systemctl('list-units', '--all', '--plain', '--no-legend', '*.scope');
        assert.doesNotMatch(stdout, new RegExp(`-formula\\.${name}\\.scope .*running`));
      }
    },
    async rescued() {
      const refs = await world.git(repository, 'for-each-ref', '--format=%(refname)', 'refs/mosaic/rescue');
      return refs.split('\n').filter((ref) => ref.includes(`/${formulaSession(name)}/`));
    },
  };
  return formula;
}

const lines = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];

/** A process as a person would name it. */
export const commandLine = (pid: number): string => {
  try {
    return `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')}`;
  } catch {
    return `${pid} (gone by now)`;
  }
};

/** Strings of JSON are strings of TOML, and so are lists of them. */
function toml(keys: FormulaKeys): string {
  const isTable = (value: unknown): value is FormulaKeys =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const pairs = (table: FormulaKeys): string[] =>
    Object.entries(table)
      .filter(([, value]) => !isTable(value) && value !== undefined)
      .map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  const tables = Object.entries(keys).flatMap(([name, value]) =>
    isTable(value) ? [`\n[${name}]\n${pairs(value).join('\n')}`] : [],
  );
  return `${pairs(keys).concat(tables).join('\n')}\n`;
}
