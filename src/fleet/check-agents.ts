import { parseDuration } from '../base/duration.ts';
import { quoted } from '../base/text.ts';
import { checkCommand, checkNewRuntimes, checkRuntimeName, maxArgumentBytes } from './check-runtimes.ts';
import { checkWorktrees } from './check-worktrees.ts';
import { defaults as builtin } from './defaults.ts';
import type { Findings } from './findings.ts';
import { withDefaults } from './merge.ts';
import type { Path } from './places.ts';
import type { RawAgent, RawFleet } from './raw.ts';

/** Command and environment together; Linux passes 2 MB with the usual stack limit, some of it for its own. */
const maxTotalBytes = 1_500_000;

/** An agent of the file, the defaults under it. */
export interface Entry {
  at: Path;
  agent: RawAgent;
}

/** Checks how the agents fit each other, the runtimes, and what a process can be given. */
export function checkAgents(raw: RawFleet, findings: Findings): void {
  checkNewRuntimes(raw, findings);
  if (raw.defaults) {
    checkWritten(raw.defaults, ['defaults'], findings);
    if (raw.defaults.runtime !== undefined)
      checkRuntimeName(raw.defaults.runtime, ['defaults', 'runtime'], raw, findings);
  }
  const entries: Entry[] = [];
  for (const [index, agent] of (raw.agents ?? []).entries()) {
    if (!agent) continue;
    const at = ['agents', index];
    checkWritten(agent, at, findings);
    if (agent.runtime !== undefined) checkRuntimeName(agent.runtime, [...at, 'runtime'], raw, findings);
    const entry = { at, agent: withDefaults(agent, raw.defaults) };
    checkWhole(entry, findings);
    entries.push(entry);
  }
  checkNames(entries, raw, findings);
  checkRenames(entries, raw, findings);
  checkWorktrees(entries, findings);
}

/** What can be wrong in one place alone. */
function checkWritten(agent: RawAgent, at: Path, findings: Findings): void {
  checkCommand(agent.command, [...at, 'command'], findings);
  for (const [name, value] of Object.entries(agent.env ?? {})) {
    // The process is given NAME=VALUE and the byte that ends it.
    const most = maxArgumentBytes - Buffer.byteLength(name) - 1;
    if (value === undefined || Buffer.byteLength(value) <= most) continue;
    const message = `the variable ${quoted(name)} has ${Buffer.byteLength(value).toLocaleString('en')} bytes; the system passes at most ${most.toLocaleString('en')}`;
    findings.add([...at, 'env', name], message, { fix: 'Put the text in a file and pass its name.' });
  }
  if (agent.kickstart !== undefined && agent.kickstart_template !== undefined) {
    findings.add([...at, 'kickstart_template'], '"kickstart_template" and "kickstart" are both given', {
      fix: 'Keep one of the two.',
      onKey: true,
      related: { message: 'the kickstart is here', path: [...at, 'kickstart'] },
    });
  }
}

/** What can be wrong once the defaults are under it. */
function checkWhole({ at, agent }: Entry, findings: Findings): void {
  const refused = ['runtime', 'command'].some(
    (key) => findings.wasRefused([...at, key]) || findings.wasRefused(['defaults', key]),
  );
  if (agent.runtime === undefined && agent.command === undefined && !refused) {
    const who = agent.name === undefined ? 'the agent' : `the agent ${quoted(agent.name)}`;
    const fix = 'Add "runtime: claude" (or codex, pi, shell) here or under "defaults", or give it a command.';
    findings.add([...at, 'name'], `${who} has no runtime`, { fix });
  }
  let total = 0;
  for (const argument of agent.command ?? []) total += Buffer.byteLength(argument ?? '') + 1;
  for (const [name, value = ''] of Object.entries(agent.env ?? {}))
    total += Buffer.byteLength(name + value) + 2;
  if (total > maxTotalBytes) {
    const message = `command and environment together have ${total.toLocaleString('en')} bytes, more than a process can be given (${maxTotalBytes.toLocaleString('en')})`;
    findings.add(findings.written([...at, 'env'], [...at, 'command'], [...at, 'name']), message, {
      fix: 'Put long texts in files and pass their names.',
    });
  }
  checkBackoff(at, agent, findings);
}

function checkBackoff(at: Path, agent: RawAgent, findings: Findings): void {
  const wish = agent.restart?.backoff;
  if (wish === undefined) return;
  const initial = wish.initial ?? builtin.backoff.initial;
  const max = wish.max ?? builtin.backoff.max;
  if ((parseDuration(initial) ?? 0) <= (parseDuration(max) ?? 0)) return;
  const key = ['restart', 'backoff'];
  const place = findings.written(
    [...at, ...key, 'initial'],
    [...at, ...key, 'max'],
    ['defaults', ...key, 'initial'],
    ['defaults', ...key, 'max'],
  );
  findings.add(place, `the first wait (${initial}) is longer than the longest (${max})`, {
    fix: 'Raise "max" or lower "initial".',
  });
}

function checkNames(entries: Entry[], raw: RawFleet, findings: Findings): void {
  const holder = raw.tmux?.holder_session ?? builtin.holderSession;
  const first = new Map<string, Path>();
  for (const { at, agent } of entries) {
    const { name } = agent;
    if (name === undefined) continue;
    const place = [...at, 'name'];
    const before = first.get(name);
    if (before) {
      const related = { message: 'the first one is here', path: before };
      findings.add(place, `the agent ${quoted(name)} is in the file twice`, {
        fix: 'Give one of the two another name.',
        related,
      });
    } else {
      first.set(name, place);
    }
    if (name === holder) {
      findings.add(place, `the agent ${quoted(name)} has the name of the holder session`, {
        fix: 'Rename the agent, or set tmux.holder_session.',
      });
    }
  }
}

function checkRenames(entries: Entry[], raw: RawFleet, findings: Findings): void {
  const names = new Map(entries.map(({ at, agent }) => [agent.name, [...at, 'name']]));
  const holder = raw.tmux?.holder_session ?? builtin.holderSession;
  const first = new Map<string, Path>();
  for (const { at, agent } of entries) {
    const from = agent.renamed_from;
    if (from === undefined) continue;
    const place = [...at, 'renamed_from'];
    const taken = names.get(from);
    const before = first.get(from);
    if (from === agent.name) {
      findings.add(place, `the agent ${quoted(from)} is renamed from its own name`, {
        fix: 'Remove "renamed_from".',
      });
    } else if (taken) {
      const related = { message: 'it is here', path: taken };
      findings.add(place, `the agent ${quoted(from)} is still in the file`, {
        fix: `Remove it, or remove "renamed_from".`,
        related,
      });
    } else if (before) {
      const related = { message: 'the first one is here', path: before };
      findings.add(place, `two agents are renamed from ${quoted(from)}`, {
        fix: 'Keep one of the two.',
        related,
      });
    } else if (from === holder) {
      findings.add(place, `${quoted(from)} is the holder session, not an agent`, {
        fix: 'Remove "renamed_from".',
      });
    } else {
      first.set(from, place);
    }
  }
}
