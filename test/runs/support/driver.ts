/** Does what it reads, one JSON line a call, within the world that it is started in: `{"call":"start","with":{…}}`; answers in a line. */
import { createInterface } from 'node:readline';
import { ensureServer } from '../../../src/commands/formula/holder.ts';
import { requireFleet } from '../../../src/commands/fleet-file.ts';
import { settingOf } from '../../../src/commands/reconcile.ts';
import { realHost } from '../../../src/host/real.ts';
import type { RunContext } from '../../../src/runs/context.ts';
import { endRun } from '../../../src/runs/end-session.ts';
import { findRun, startRun, type RunSession, type RunWish } from '../../../src/runs/session.ts';
import { lookAtRun } from '../../../src/runs/sight.ts';
import { tell } from '../../../src/runs/tell.ts';
import { makeRunWorktree, retireRunWorktree, type Keep } from '../../../src/runs/worktree.ts';
import type { Call } from './calls.ts';

const [file = ''] = process.argv.slice(2);
const host = realHost();
const { signal } = new AbortController();
const terminal = {
  out: (text: string) => void process.stderr.write(text),
  err: (text: string) => void process.stderr.write(text),
  color: false,
  columns: 80,
  interactive: false,
};
const command = { host, terminal, signal, version: '0' };
const { fleet } = await requireFleet(command, { file });
const setting = settingOf(host, fleet);
let context: RunContext = { host, fleet, places: setting.places, supervisor: 'none', signal };
const sessions = new Map<string, RunSession>();

const sessionOf = (formula: string): RunSession => {
  const session = sessions.get(formula);
  if (session === undefined) throw new Error(`${formula} was not started here`);
  return session;
};

async function answer({ call, with: given }: Call): Promise<unknown> {
  const text = (name: string): string => String(given[name]);
  switch (call) {
    case 'server':
      context = { ...context, supervisor: await ensureServer(command, fleet, setting) };
      return context.supervisor;
    case 'start': {
      const wish: RunWish = {
        environment: {},
        secrets: {},
        promptFile: '/nowhere',
        substitutes: false,
        ...(given as Pick<RunWish, 'formula' | 'run' | 'command' | 'workplace'> & Partial<RunWish>),
        mask: (shown) => shown.replaceAll('s3cret', '(secret)'),
      };
      const session = await startRun(context, wish);
      sessions.set(wish.formula.name, session);
      return session;
    }
    case 'look':
      return lookAtRun(context, sessionOf(text('formula')));
    case 'find':
      return (await findRun(context, text('formula'))) ?? null;
    case 'end':
      return endRun(context, text('formula'), { mask: (shown) => shown.replaceAll('s3cret', '(secret)') });
    case 'tell':
      return tell(context, sessionOf(text('formula')), text('text'), { first: given['first'] === true });
    case 'make':
      return makeRunWorktree(context, given['formula'] as Parameters<typeof makeRunWorktree>[1], text('run'));
    case 'retire':
      return retireRunWorktree(
        context,
        { repository: text('repository'), path: text('path') },
        { formula: text('formula'), keep: text('keep') as Keep },
      );
  }
}

process.stdout.write('{"ready":true}\n');
for await (const line of createInterface({ input: process.stdin })) {
  let said: unknown;
  try {
    said = { done: await answer(JSON.parse(line) as Call) };
  } catch (error) {
    const { name, message, fix, output, stack } = error as Error & { fix?: string; output?: string };
    said = { error: { name, message, fix, output, stack } };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
