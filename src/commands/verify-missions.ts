/** Runs the quality gates that a plan finds due: after the apply, and without its lock, since they may take long. */
import { MissionError } from '../coord/error.ts';
import { runGates, type GatesResult } from '../coord/gates.ts';
import { HostError } from '../host/host.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Places } from '../model/places.ts';
import type { Verification } from '../model/plan.ts';
import { gatesBegin, gatesEnd } from '../report/gates.ts';
import type { CommandContext } from './context.ts';
import { eventLog } from './event-log.ts';

/**
 * One after the other. What goes wrong with one is said, and the next is run all the same.
 * @returns how many came to an end, and whether any could not be run
 */
export async function verifyMissions(
  context: CommandContext,
  fleet: Fleet,
  places: Places,
  due: readonly Verification[],
): Promise<{ ended: number; trouble: boolean }> {
  const { host, terminal, signal } = context;
  const log = eventLog(host, places, fleet.name);
  let ended = 0;
  let trouble = false;
  for (const verification of due) {
    if (signal.aborted) break;
    const { mission, agent, project, milestones, command, workplace } = verification;
    const wish = fleet.missions.find(({ id }) => id === mission);
    terminal.err(gatesBegin(verification, terminal.color));
    const began = host.clock.now();
    try {
      const result = await runGates(host, project, {
        milestones,
        command,
        workplace,
        signal,
        ...(wish === undefined ? {} : { wish }),
      });
      terminal.err(gatesEnd(verification, result, host.clock.now() - began, terminal.color));
      if (result.result === 'interrupted') break;
      log.note({ event: 'verify', result: 'done', agent, message: inWords(mission, milestones, result) });
      ended++;
    } catch (error) {
      if (!(error instanceof MissionError || error instanceof HostError)) throw error;
      log.note({ event: 'verify', result: 'failed', agent, message: `${mission}: ${error.message}` });
      terminal.err(gatesEnd(verification, { result: 'trouble', why: error.message }, 0, terminal.color));
      trouble = true;
    }
  }
  return { ended, trouble };
}

function inWords(mission: string, milestones: readonly string[], result: GatesResult): string {
  const what = `${mission}: the quality gates of ${milestones.join(', ')}`;
  if (result.result !== 'failed') return `${what} passed`;
  const how =
    result.exitCode === undefined ? 'did not end by themselves' : `failed with exit ${result.exitCode}`;
  return `${what} ${how}${result.remediation === undefined ? '' : `; appended the task ${result.remediation}`}`;
}
