/** Looks at panes. Who asks at about the same time is answered by one call of tmux. */
import type { Host } from '../../host/host.ts';
import { lookAtPanes, type PaneLook } from '../../observe/pane-looks.ts';
import { TransportError } from '../transport.ts';

/** Undefined: the pane is gone. Throws TransportError where tmux does not answer. */
export type LookAt = (pane: string) => Promise<PaneLook | undefined>;

/** Several panes, by their ids. Throws TransportError where tmux does not answer. */
export async function looksAt(
  host: Host,
  socket: string,
  panes: readonly string[],
  history = 0,
): Promise<Map<string, PaneLook>> {
  const looks = await lookAtPanes(host, socket, panes, history);
  if (looks.known) return looks.value;
  throw new TransportError('unavailable', looks.why);
}

const TOGETHER_MS = 5;

export function lookTogether(host: Host, socket: string): LookAt {
  let next: { panes: Set<string>; looks: Promise<Map<string, PaneLook>> } | undefined;
  const gather = async (panes: Set<string>): Promise<Map<string, PaneLook>> => {
    await host.clock.sleep(TOGETHER_MS);
    next = undefined;
    return looksAt(host, socket, [...panes]);
  };
  return async (pane) => {
    if (next === undefined) {
      const panes = new Set<string>();
      next = { panes, looks: gather(panes) };
    }
    next.panes.add(pane);
    return (await next.looks).get(pane);
  };
}
