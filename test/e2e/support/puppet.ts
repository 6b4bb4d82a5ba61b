/** A program for agents that does what the test says. */
import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import type { World } from '../../support/world.ts';

export interface Puppet {
  /** Command line for an agent. */
  command: string[];
  /** Has an agent's program print a text. Resolves when it took the order. */
  say(agent: string, text: string): Promise<void>;
  /** Has an agent's program end with a status. Resolves when it took the order. */
  exit(agent: string, status: number): Promise<void>;
}

const SCRIPT = `#!/bin/sh
# Orders are files: AGENT.say is printed, AGENT.exit holds the status to end with.
orders=$1/$MOSAIC_AGENT
echo "$MOSAIC_AGENT is up"
while :; do
  if [ -e "$orders.say" ]; then cat "$orders.say"; rm "$orders.say"; fi
  if [ -e "$orders.exit" ]; then status=$(cat "$orders.exit"); rm "$orders.exit"; exit "$status"; fi
  sleep 0.05
done
`;

export function puppetOf(world: World): Puppet {
  const orders = world.path('orders');
  const program = world.path('puppet');
  if (!existsSync(program)) {
    mkdirSync(orders);
    writeFileSync(program, SCRIPT);
    chmodSync(program, 0o755);
  }
  const order = async (agent: string, what: string, text: string): Promise<void> => {
    const path = `${orders}/${agent}.${what}`;
    // Moved into place, so that the program never reads half of it.
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    await world.until(`${agent} took the order to ${what}`, () => !existsSync(path));
  };
  return {
    command: [program, orders],
    say: (agent, text) => order(agent, 'say', text),
    exit: (agent, status) => order(agent, 'exit', String(status)),
  };
}
