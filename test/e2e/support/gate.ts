/** Holds a command at one of its calls, so that a test can do something meanwhile. */
import { existsSync, writeFileSync } from 'node:fs';
import type { Scene } from './scene.ts';
import { standIn } from './stand-in.ts';

/** A call of the command that lasts until the test lets it through. */
export interface Gate {
  env: { PATH: string };
  /** Resolves when the apply has come to it. */
  reached(): Promise<void>;
  open(): void;
}

/** @param words of the program's command line: the calls in which they stand wait */
export async function gateAt(scene: Scene, program: string, words: string): Promise<Gate> {
  const { world } = scene;
  const [at, through] = [world.path('at-the-gate'), world.path('through-the-gate')];
  const wait = `touch '${at}'; while [ ! -e '${through}' ]; do sleep 0.02; done`;
  const script = `case "$*" in *"${words}"*) ${wait} ;; esac\nexec "$REAL" "$@"`;
  const { env } = await standIn(world, program, script);
  return {
    env,
    async reached() {
      await world.until(`it comes to ${words}`, () => existsSync(at));
    },
    open: () => writeFileSync(through, ''),
  };
}
