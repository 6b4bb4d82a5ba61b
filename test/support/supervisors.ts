import test, { type TestContext, type TestOptions } from 'node:test';
import { createWorld, Unavailable, type World, type WorldOptions } from './world.ts';

type InWorld = (world: World, t: TestContext) => void | Promise<void>;

/**
 * A test in a world of its own. Where the machine lacks what the world needs, it is skipped with the reason; with `CI`
 * set it fails instead, so that nobody takes an unchecked thing for a checked one.
 */
export function inWorld(
  name: string,
  supervisor: World['supervisor'],
  body: InWorld,
  options: TestOptions & Pick<WorldOptions, 'suffix' | 'hostname'> = {},
): void {
  const { suffix = '', hostname, ...testOptions } = options;
  void test(`${name} [${supervisor}]`, { timeout: 60_000, ...testOptions }, async (t) => {
    let world: World;
    try {
      world = await createWorld(t, {
        systemd: supervisor === 'systemd',
        suffix,
        ...(hostname === undefined ? {} : { hostname }),
      });
    } catch (error) {
      if (!(error instanceof Unavailable) || isSet(process.env['CI'])) throw error;
      t.skip(error.message);
      return;
    }
    await body(world, t);
  });
}

/** The same test twice: where tmux alone starts the agents, and where systemd does. */
export function forSupervisors(
  name: string,
  body: InWorld,
  options?: TestOptions & Pick<WorldOptions, 'suffix'>,
): void {
  inWorld(name, 'none', body, options);
  inWorld(name, 'systemd', body, options);
}

const isSet = (value: string | undefined): boolean =>
  value !== undefined && value !== '' && value !== 'false';
