/** Looks at panes. Who asks at about the same time is answered by one call of tmux. */
import type { Host } from '../../host/host.ts';
import { lookAtPanes, type PaneLook } from '../../observe/pane-looks.ts';
import { TransportError } from '../transport.ts';

/** Undefined: the pane is gone. Throws TransportError where tmux does not answer. */
export type LookAt = (pane: string) => Promise<PaneLook | undefined>;

const TOGETHER_MS = 5;

export function lookTogether(host: Host, socket: string): LookAt {
  let next: { panes: Set<string>; looks: Promise<Map<string, PaneLook>> } | undefined;
  const gather = async (panes: Set<string>): Promise<Map<string, PaneLook>> => {
    await host.clock.sleep(TOGETHER_MS);
    next = undefined;
    const seen = await lookAtPanes(host, socket, [...panes]);
    if (!seen.known) throw new TransportError('unavailable', seen.why);
    return seen.value;
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
