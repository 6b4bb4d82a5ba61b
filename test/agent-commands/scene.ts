/** A fleet of stand-in agents of several classes, for the commands that look at them and talk to them. */
import assert from 'node:assert/strict';
import type { CommandResult } from '../support/command.ts';
import { type StandInOptions, type StandIns, standInsOf } from '../support/stand-in/runtime.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

export interface Scene {
  world: World;
  agents: StandIns;
  /** `mosaic agent …`, with the exit code that is expected. */
  agent: (args: readonly string[], code?: number, input?: string) => Promise<CommandResult>;
  json: (args: readonly string[], code?: number) => Promise<Record<string, unknown>>;
  apply: (...args: string[]) => Promise<void>;
  kill: (agent: string) => Promise<void>;
}

export interface Role {
  behaves?: StandInOptions;
  /** Keys of its entry in the fleet file. */
  as?: Record<string, unknown>;
}

export function inScene(
  name: string,
  roles: Record<string, Role>,
  body: (scene: Scene) => Promise<void>,
): void {
  inWorld(name, 'none', async (world) => {
    const agents = standInsOf(world);
    for (const [role, { behaves }] of Object.entries(roles)) agents.behave(role, behaves ?? {});
    world.writeFleet({
      runtimes: { 'stand-in': agents.runtime },
      defaults: { runtime: 'stand-in', working_directory: world.cwd, on_restart: 'fresh' },
      agents: Object.entries(roles).map(([role, { as }]) => Object.assign({ name: role }, as)),
    });
    const agent: Scene['agent'] = async (args, code = 0, input) => {
      const result = await world.mosaic(['agent', ...args], {
        timeoutMs: 60_000,
        ...(input === undefined ? {} : { input }),
      });
      assert.equal(
        result.code,
        code,
        `${args.join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`,
      );
      return result;
    };
    const apply: Scene['apply'] = async (...args) => {
      const { code, stdout, stderr } = await world.mosaic(['apply', ...args], { timeoutMs: 60_000 });
      assert.equal(code, 0, stdout + stderr);
    };
    await apply();
    for (const [role, { as = {} }] of Object.entries(roles))
      if (as['state'] !== 'stopped' && as['runtime'] === undefined) await agents.ready(role);
    await body({
      world,
      agents,
      agent,
      apply,
      json: async (args, code) =>
        JSON.parse((await agent([...args, '--json'], code)).stdout) as Record<string, unknown>,
      async kill(role) {
        const { stdout } = await world.tmux('list-panes', '-t', `=${role}:`, '-F', '#{pane_pid}');
        process.kill(Number(stdout), 'SIGKILL');
        await world.until('it is dead', async () => {
          const { stdout: dead } = await world.tmux('list-panes', '-t', `=${role}:`, '-F', '#{pane_dead}');
          return dead.trim() === '1';
        });
      },
    });
  });
}
