/** `mosaic fleet install-cron`: where there is no systemd, cron applies the fleet file. */
import { dirname, resolve } from 'node:path';
import { formatDuration } from '../../base/duration.ts';
import { listed } from '../../base/text.ts';
import { isFollowed } from '../../gitops/layout.ts';
import { agentPath } from '../../host/exec.ts';
import type { Host } from '../../host/host.ts';
import { ownProgram } from '../../host/own-program.ts';
import type { Places } from '../../model/places.ts';
import { observeUnits } from '../../observe/units.ts';
import {
  cronLine,
  cronSchedule,
  intervalOf,
  nearIntervals,
  ownLines,
  scheduleOf,
  withLine,
  withoutLine,
  type CronJob,
} from '../../render/crontab.ts';
import { cronJsonText, cronText, type CronAction } from '../../report/cron.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { findFleetFile, requireFleet } from '../fleet-file.ts';
import { refuseBesideFollowed } from '../in-force.ts';
import { leadingEnvironment } from './leading.ts';
import { settingOf } from '../reconcile.ts';
import { cronOwner, editCrontab, readCrontab, removeCronLine } from './crontab.ts';

export interface InstallCronOptions extends FleetOptions {
  /** Absent: as the line stands, else every minute. */
  intervalMs?: number;
  /** Only show the line. */
  print?: boolean;
  uninstall?: boolean;
  /** Also beside systemd units that apply the fleet already. */
  yes?: boolean;
}

export async function installCronCommand(
  context: CommandContext,
  options: InstallCronOptions,
): Promise<number> {
  const { host, terminal } = context;
  if (options.uninstall !== true) refuseFleeting(host, await findFleetFile(host, options.file));
  const { fleet } = await requireFleet(context, options);
  const { places } = settingOf(host, fleet);
  const owner = cronOwner(fleet.name, places);
  const tell = (action: CronAction, line?: string, schedule?: string): number => {
    const intervalMs = schedule === undefined ? undefined : intervalOf(schedule);
    const report = {
      fleet: fleet.name,
      action,
      ...(line === undefined ? {} : { line }),
      ...(schedule === undefined ? {} : { schedule }),
      ...(intervalMs === undefined ? {} : { intervalMs }),
    };
    terminal.out(options.json === true ? cronJsonText(report) : cronText(report));
    return EXIT.ok;
  };

  if (options.uninstall === true) {
    if (options.print === true) {
      const lines = ownLines(await readCrontab(host), owner);
      return lines[0] === undefined ? tell('absent') : tell('shown', lines[0]);
    }
    await readCrontab(host);
    const removed = await removeCronLine(host, fleet.name, places);
    return removed[0] === undefined ? tell('absent') : tell('removed', removed[0]);
  }

  refuseBesideFollowed(host, fleet);
  // Where it was read from: of a clone of a followed repository that is the file in force.
  const { file } = fleet;
  const asked = options.intervalMs === undefined ? undefined : scheduleFor(options.intervalMs);
  let [schedule, line] = ['', ''];
  const made = (crontab: string): string => {
    const [standing = ''] = ownLines(crontab, owner);
    schedule = asked ?? scheduleOf(standing) ?? USUAL;
    line = lineFor(host, { fleet: fleet.name, file, places, schedule });
    return line;
  };
  if (options.print === true) {
    // Where no crontab can be read, none stands.
    const text = asked === undefined ? await readCrontab(host).catch(() => '') : '';
    return tell('shown', made(text), schedule);
  }

  const units = fleet.supervisor === 'none' ? undefined : await observeUnits(host, fleet.systemd.unitPrefix);
  const timer = `${fleet.systemd.unitPrefix}-reconcile.timer`;
  if (options.yes !== true && host.files.stat(`${places.units}/${timer}`) !== undefined) {
    throw new CommandError(`the unit ${timer} applies this fleet already`, EXIT.failed, {
      fix: 'mosaic fleet install-systemd --uninstall removes it; --yes has both.',
    });
  }
  const { before, after } = await editCrontab(host, places, (text) => withLine(text, owner, made(text)));
  if (units?.known === true && units.value.manager === 'answers') {
    terminal.err(
      'Note: a systemd user manager answers here; mosaic fleet install-systemd acts on a crash within a second.\n',
    );
  }
  if (!daemonRuns(host)) {
    terminal.err(
      'Note: no cron seems to run here (/run/crond.pid names none): until one is started, nothing is applied.\n',
    );
  }
  if (after === before) return tell('unchanged', line, schedule);
  return tell(withoutLine(before, owner) === before ? 'installed' : 'replaced', line, schedule);
}

/** What cron would look for every minute has to be there then. Throws CommandError for a pipe, a device and the like. */
function refuseFleeting({ files }: Host, file: string): void {
  const target = files.target(file);
  // Whoever reads it says that it is not there.
  if (target === undefined) return;
  let fleeting = /^\/(?:dev|proc)\//.test(files.realpath(file) ?? file);
  // What a link in /proc leads to may be a file; the link itself is gone with its process.
  for (let at: string | undefined = file; at !== undefined && !fleeting;) {
    fleeting = /^\/(?:dev|proc)\//.test(at);
    const next = files.readLink(at);
    at = next === undefined ? undefined : resolve(dirname(at), next);
  }
  if (target.kind === 'file' && !fleeting) return;
  throw new CommandError(`cron could not read ${file} again: it is no file that stays`, EXIT.usage, {
    fix: 'Write the fleet file to a place of its own, and name that with --file.',
  });
}

/** As far as the pid file tells that Debian's cron and cronie write. */
function daemonRuns({ files, processes }: Host): boolean {
  return ['/run/crond.pid', '/var/run/cron.pid'].some((path) => {
    try {
      const pid = Number(files.read(path)?.trim());
      return pid > 0 && processes.startTime(pid) !== undefined;
    } catch {
      return false;
    }
  });
}

/** What leads mosaic, tmux and the agents to the same places as here, of the variables that cron does not give. */
function environment({ facts }: Host): CronJob['env'] {
  const { env, home, uid } = facts;
  const usual: Record<string, string> = {
    XDG_CONFIG_HOME: `${home}/.config`,
    XDG_STATE_HOME: `${home}/.local/state`,
    XDG_DATA_HOME: `${home}/.local/share`,
    XDG_CACHE_HOME: `${home}/.cache`,
    XDG_RUNTIME_DIR: `/run/user/${uid}`,
  };
  const leading = leadingEnvironment(facts).filter(([name, value]) => value !== usual[name]);
  const words = ['LANG', 'LC_ALL'].flatMap((name): [string, string][] => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [[name, value]];
  });
  const path = [...new Set(agentPath(env['PATH'] ?? '').split(':'))].filter((folder) =>
    folder.startsWith('/'),
  );
  return [['HOME', home], ['PATH', path.join(':')], ...leading, ...words];
}

/** How long a run that cron starts lets another apply finish: the next one comes anyway. */
const PATIENCE = '30s';

/** Unless a line stands that says otherwise. */
const USUAL = '* * * * *';

function scheduleFor(intervalMs: number): string {
  const schedule = cronSchedule(intervalMs);
  if (schedule !== undefined) return schedule;
  const near = nearIntervals(intervalMs).map(formatDuration);
  throw new CommandError(`cron cannot say "every ${formatDuration(intervalMs)}"`, EXIT.usage, {
    fix: `Near it, it can say ${listed(near, 'or')}: --interval ${near[0] ?? ''}.`,
  });
}

function lineFor(host: Host, job: { fleet: string; file: string; places: Places; schedule: string }): string {
  const { node, mosaic } = ownProgram();
  try {
    return cronLine({
      fleet: job.fleet,
      schedule: job.schedule,
      env: environment(host),
      commands: [
        [node, mosaic, 'apply', '--file', job.file, '--wait', PATIENCE],
        // Last, so that a remote that hangs delays no restart of an agent: the next minute's apply is a process of its own.
        ...(isFollowed(job.places, job.file)
          ? [[node, mosaic, 'gitops', 'sync', '--name', job.fleet, '--no-gates']]
          : []),
      ],
      log: cronOwner(job.fleet, job.places).log,
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CommandError(error.message, EXIT.invalid, {
      fix: 'Run it with a shorter PATH (PATH=/usr/local/bin:/usr/bin:/bin mosaic fleet install-cron), or from places with plain names.',
    });
  }
}
