/** The tmux file that starts one session of ours with one program. */
import type { Resources } from '../model/fleet.ts';
import { header, notice } from './header.ts';
import { launched, OWN_PATH, type Launch } from './launcher.ts';
import { MARK } from './mark.ts';
import { tmuxPlain, tmuxWord } from './quote.ts';
import { secretsLine } from './secrets.ts';

export interface SessionWish {
  fleet: string;
  name: string;
  environment: Readonly<Record<string, string>>;
  /** More of it; their names stand in the file's head, so that their values are not shown. */
  secrets: Readonly<Record<string, string>>;
  /** Variables that a program can rely on: they stand above all others. */
  own: Readonly<Record<string, string>>;
  workplace: string;
  program: Pick<Launch, 'command' | 'promptFile' | 'conversation'>;
  /** What moves the program into a scope of its own (`scoped`); empty: nothing does. */
  scope: readonly string[];
  /** As `formatMark` gives it. */
  mark: string;
}

/**
 * One tmux command list, so that the first failure ends it: a session of this name that exists already is neither marked nor touched. For
 * that both commands end on one line: those of different lines are lists of their own, also where a backslash joins the lines
 * (tmux 3.3a, cmd-parse.y). The program is started as an argument list: a shell that stands before it reads none of its words.
 */
export function sessionText(wish: SessionWish): string {
  const { fleet, name, secrets, workplace, program, scope, mark } = wish;
  const environment = { ...withOwnPath({ ...wish.environment, ...secrets }), ...wish.own };
  const target = tmuxWord(`=${name}:`);
  const command = [
    ...scope,
    ...launched({ ...program, ownPath: OWN_PATH in environment, led: scope.length > 0 }),
  ];
  const names = Object.keys(withOwnPath(secrets)).sort();
  const lines = [
    header(fleet),
    notice,
    ...(names.length === 0 ? [] : [secretsLine(names)]),
    `new-session -d -s ${tmuxWord(name)} -x 200 -y 50 -c ${tmuxWord(tmuxPlain(workplace))} \\`,
    ...Object.entries(environment)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([variable, value]) => `  -e ${tmuxWord(`${variable}=${value}`)} \\`),
    `  -- ${command.map(tmuxWord).join(' ')} ; set-option -F -t ${target} ${MARK} ${tmuxWord(mark)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function withOwnPath(environment: Readonly<Record<string, string>>): Record<string, string> {
  const { PATH, ...others } = environment;
  return PATH === undefined ? others : { ...others, [OWN_PATH]: PATH };
}

/**
 * Waits, for five seconds at most, until systemd has forgotten the scope of the run before: it refuses a new one of that name while it
 * has the file of the old one, which may be some time after all that was in it has ended.
 */
const UNTIL_FORGOTTEN = [
  'mosaic_tries=0;',
  'while [ -e "$XDG_RUNTIME_DIR/systemd/transient/$1" ] && [ "$mosaic_tries" -lt 100 ];',
  'do mosaic_tries=$((mosaic_tries + 1)); sleep 0.05; done;',
  'shift; exec "$@"',
].join(' ');

/** The words before a program that move it into a scope of its own, keeping its pid (systemd-run(1), --scope). */
export function scoped(unit: string, { memoryMax, cpuWeight, tasksMax }: Resources = {}): string[] {
  const properties = [
    'TimeoutStopSec=10s',
    ...(memoryMax === undefined ? [] : [`MemoryMax=${memoryMax}`]),
    ...(cpuWeight === undefined ? [] : [`CPUWeight=${cpuWeight}`]),
    ...(tasksMax === undefined ? [] : [`TasksMax=${tasksMax}`]),
  ];
  return [
    'sh',
    '-c',
    UNTIL_FORGOTTEN,
    'sh',
    unit,
    'systemd-run',
    '--user',
    '--scope',
    '--collect',
    '--quiet',
    `--unit=${unit}`,
    ...properties.flatMap((property) => ['-p', property]),
    '--',
  ];
}
