/** `mosaic yolo RUNTIME` and `mosaic run RUNTIME`: a runtime's program in this terminal, begun by hand. */
import { basename } from 'node:path';
import { signalNumber } from '../../base/signals.ts';
import { visible } from '../../base/visible.ts';
import { missionAdvisory } from '../../coord/advisory.ts';
import type { ForegroundResult } from '../../host/host.ts';
import { commandLine } from '../../launch/command-line.ts';
import { isPackageCommand } from '../../launch/pi-skills.ts';
import type { Runtime } from '../../model/fleet.ts';
import { observeMission } from '../../observe/mission.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { projectOf } from '../coord/project.ts';
import { requireProgram, requireRuntime } from '../runtime.ts';
import { handLock, type HandLock } from './hand-lock.ts';
import { piSkills } from './skills.ts';

export interface LaunchWish {
  /** `yolo`: it asks for no permission. */
  how: 'yolo' | 'run';
  runtime: string;
  /** They go to the program as they are. */
  args: readonly string[];
  /** The fleet file, when one is named. */
  file?: string;
}

export interface Launched {
  /** The program's own, or 128 and the number of the signal that ended it. */
  exitCode: number;
  /** That ended it. */
  signal?: string;
}

/** Does not return where this process becomes the program. Throws CommandError where that cannot be started. */
export async function launchCommand(context: CommandContext, wish: LaunchWish): Promise<Launched> {
  const { host, terminal, signal } = context;
  if (host.facts.cwdGone === true)
    throw new CommandError('the folder that this command works in was removed', EXIT.invalid, {
      fix: 'Go to another one first.',
    });
  const runtime = await requireRuntime(context, wish);
  const [file = '', ...args] = commandLine({
    runtime,
    unattended: wish.how === 'yolo',
    skills: skillsFor(context, runtime, wish),
    args: wish.args,
  });
  requireProgram(host, file, howToInstall(runtime, wish));
  const project = projectOf(host, {});
  const seen = observeMission(host, project, { terminal: false });
  for (const line of await missionAdvisory(host, seen)) terminal.err(`${line}\n`);
  const lock = handLock(host, seen, wish.runtime);
  const isInterrupted = (): boolean => signal.aborted;
  if (isInterrupted()) throw interrupted();
  const become = host.replacement?.(file, args);
  if (become !== undefined) {
    await take(context, lock, host.facts.pid);
    if (!isInterrupted()) return become();
    await free(context, lock);
    throw interrupted();
  }
  const ended = await host.foreground(file, args, { onStart: (pid) => take(context, lock, pid) });
  await free(context, lock);
  return launched(ended);
}

const interrupted = (): CommandError =>
  new CommandError('interrupted; nothing was started', EXIT.interrupted);

/** An own runtime may be pi with a few options. */
function skillsFor({ host }: CommandContext, { command }: Runtime, { runtime, args }: LaunchWish): string[] {
  const isPi = runtime === 'pi' || basename(command[0] ?? '') === 'pi';
  return isPi && !isPackageCommand(args) ? piSkills(host) : [];
}

function howToInstall({ install }: Runtime, { runtime }: LaunchWish): string {
  if (install !== undefined) return `Install it: ${install}`;
  return `Install it, or give the command of the runtime ${runtime} in the fleet file.`;
}

/** What keeps the lock from being taken does not keep the person from working: it is told. */
async function take(context: CommandContext, lock: HandLock, pid: number): Promise<void> {
  tell(context, await lock.take(pid));
}

async function free(context: CommandContext, lock: HandLock): Promise<void> {
  tell(context, await lock.free());
}

function tell({ terminal }: CommandContext, trouble: string | undefined): void {
  if (trouble !== undefined) terminal.err(`mosaic: ${visible(trouble)}\n`);
}

function launched(ended: ForegroundResult): Launched {
  if ('failure' in ended) throw new CommandError(ended.failure, EXIT.unavailable);
  if ('code' in ended) return { exitCode: ended.code };
  return { exitCode: 128 + signalNumber(ended.signal), signal: ended.signal };
}
