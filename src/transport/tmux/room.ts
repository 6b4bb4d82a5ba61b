/** Gives an agent's window the size back that it was started with. */
import { guarded } from '../../render/guarded.ts';
import { tmuxArgs } from '../../observe/tmux.ts';
import type { Way } from './way.ts';

const LEAST = { columns: 80, rows: 20 };
const DRAWN_MS = 500;

/**
 * A client that was attached leaves its size behind, and in a very small window programs leave out what tells how they are. Where
 * nobody is attached any more, the window is made large again; who attaches next has it at their size as before.
 */
export async function makeRoom({ host, socket, recipient, look: lookAt }: Way): Promise<void> {
  const look = await lookAt(recipient.pane.id);
  if (look === undefined || look.attached > 0 || (look.columns >= LEAST.columns && look.rows >= LEAST.rows))
    return;
  const window = `'${recipient.target.session}:'`;
  const line = guarded(recipient.target, [
    `resize-window -t ${window} -x 200 -y 50`,
    `set-option -w -u -t ${window} window-size`,
  ]);
  await host.exec('tmux', [...tmuxArgs(socket), 'source-file', '-'], { input: `${line}\n` });
  await host.clock.sleep(DRAWN_MS);
}
