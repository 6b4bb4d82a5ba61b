/** A person at a terminal: a shell in a tmux pane of the world, on a socket of its own. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { World } from '../../support/world.ts';

const mosaicFile = fileURLToPath(new URL('../../../dist/mosaic.js', import.meta.url));

export interface Terminal {
  /** Types a command line; `mosaic` in it is the built command. */
  type(line: string): Promise<void>;
  /** Presses keys, named as tmux names them. */
  press(...keys: string[]): Promise<void>;
  /** What the terminal shows, scrollback included. */
  screen(): Promise<string>;
  /** Waits until the command line has ended; gives its exit code. */
  exitCode(): Promise<number>;
  /** Closes the window, with whatever runs in it. */
  close(): Promise<void>;
}

/** @param env added to the shell's environment */
export async function openTerminal(world: World, env: Record<string, string> = {}): Promise<Terminal> {
  const tmux = (...args: string[]) => world.run('tmux', ['-L', 'test-terminal', '-f', '/dev/null', ...args]);
  const shell = `mosaic() { '${process.execPath}' '${mosaicFile}' "$@"; }`;
  // By env(1), since tmux replaces a PATH given with -e by that of its client.
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const session = ['new-session', '-d', '-s', 'person', '-x', '140', '-y', '50', '-c', world.cwd];
  const program = ['env', '-u', 'TMUX', ...variables, 'PS1=$ ', 'sh', '-i'];
  const { code, stderr } = await tmux(...session, '--', ...program);
  assert.equal(code, 0, stderr);
  const type = async (line: string): Promise<void> => {
    await tmux('send-keys', '-t', '=person:', '-l', line);
    await tmux('send-keys', '-t', '=person:', 'Enter');
  };
  const screen = async (): Promise<string> =>
    (await tmux('capture-pane', '-p', '-J', '-S', '-', '-t', '=person:')).stdout;
  await type(shell);
  return {
    // The code is computed, so that the typed line itself is not taken for it.
    type: (line) => type(`${line}; echo "ended with $(($?))"`),
    async press(...keys) {
      await tmux('send-keys', '-t', '=person:', ...keys);
    },
    screen,
    async exitCode() {
      const ended = await world.until('the command ended', async () =>
        /^ended with (\d+)$/m.exec(await screen()),
      );
      return Number(ended[1]);
    },
    async close() {
      await tmux('kill-server');
    },
  };
}
