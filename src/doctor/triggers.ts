/** What applies the fleet with nobody there: systemd units, or a line of the crontab; and whether it would run this mosaic. */
import { shellLine } from '../base/shell.ts';
import type { Files } from '../host/host.ts';
import { findProgram } from '../host/program-path.ts';
import { observeCrontab } from '../observe/crontab.ts';
import { ownLines } from '../render/crontab.ts';
import { gitopsUnitNames } from '../render/gitops-units.ts';
import { triggerName, TRIGGERS } from '../render/triggers.ts';
import { commandWords } from '../render/unit-path.ts';
import { fileNamed, fileTroubles, foreignUnits, isInForce, type FileTrouble } from './trigger-files.ts';
import { versionIn } from './versions.ts';
import { check, mosaicLine, ok, unknownFinding, type Check, type Finding, type Patient } from './check.ts';

/** Of one unit, as `systemctl show` prints it: property to value. */
type Properties = ReadonlyMap<string, string>;

interface Runs {
  node: string;
  mosaic: string;
  nodeThere: boolean;
  /** What that node says its version is. */
  nodeVersion: string | undefined;
  mosaicThere: boolean;
  /** It is the mosaic that asks. */
  same: boolean;
  /** Another fleet file that it applies. */
  otherFile: string | undefined;
}

interface UnitFacts {
  name: string;
  /** Absent for a timer or path unit. */
  runs?: Runs;
  /** Absent: the manager did not say. */
  shown?: Properties;
}

interface TriggerFacts {
  file: string;
  nodeNeeded: string;
  own: string;
  /** Those of the fleet. */
  units: UnitFacts[];
  /** Of units of others under our names. */
  foreign: readonly Finding[];
  files: readonly FileTrouble[];
  managerTrouble: string | undefined;
  manager: boolean;
  cron: (Runs | undefined)[];
  cronTrouble: string | undefined;
}

const PROPERTIES = ['Id', 'LoadState', 'UnitFileState', 'ActiveState', 'Result', 'NeedDaemonReload'];

async function triggerFacts(on: Patient): Promise<TriggerFacts> {
  const { host, fleet, places, file, own, nodeNeeded } = on;
  const { unitPrefix } = fleet.systemd;
  const { service, timer } = gitopsUnitNames(unitPrefix);
  const names = [...TRIGGERS.map((trigger) => triggerName(unitPrefix, trigger)), service, timer];
  const texts = new Map(
    names.flatMap((name): [string, string][] => {
      const path = `${places.units}/${name}`;
      return host.files.stat(path) === undefined ? [] : [[name, host.files.read(path) ?? '']];
    }),
  );
  const foreign = foreignUnits(on, texts);
  for (const name of foreign.names) texts.delete(name);
  const standing = [...texts.keys()];
  const asked = await on.units;
  const manager = asked.known && asked.value.manager === 'answers';
  const shown = manager && standing.length > 0 ? await showUnits(on, standing) : undefined;
  const units: TriggerFacts['units'] = [];
  for (const name of standing) {
    const words = commandWords(texts.get(name) ?? '');
    units.push({
      name,
      ...defined('shown', shown?.get(name)),
      ...defined('runs', words === undefined ? undefined : await runsOf(on, words)),
    });
  }
  const crontab = await observeCrontab(host);
  const owner = { fleet: fleet.name, log: `${places.state}/cron.log` };
  const lines = crontab.known ? ownLines(crontab.value.text ?? '', owner) : [];
  const cron: TriggerFacts['cron'] = [];
  for (const line of lines) {
    const words = wordsOfLine(line);
    cron.push(words === undefined ? undefined : await runsOf(on, words));
  }
  return {
    file,
    nodeNeeded,
    own: own.mosaic,
    units,
    foreign: foreign.findings,
    files: fileTroubles(on, texts, foreign.names),
    manager,
    managerTrouble: asked.known ? undefined : asked.why,
    cron,
    cronTrouble: crontab.known ? undefined : crontab.why,
  };
}

const defined = <Name extends string, T>(name: Name, value: T | undefined): { [N in Name]?: T } =>
  value === undefined ? {} : ({ [name]: value } as { [N in Name]?: T });

async function showUnits(
  { host }: Patient,
  names: readonly string[],
): Promise<Map<string, Properties> | undefined> {
  const { code, stdout } = await host.exec('systemctl', [
    '--user',
    'show',
    `--property=${PROPERTIES.join(',')}`,
    '--',
    ...names,
  ]);
  if (code !== 0) return undefined;
  const blocks = stdout
    .trim()
    .split('\n\n')
    .map(
      (block) =>
        new Map(
          block.split('\n').map((line) => {
            const at = line.indexOf('=');
            return [line.slice(0, at), line.slice(at + 1)] as const;
          }),
        ),
    );
  return new Map(blocks.map((block) => [block.get('Id') ?? '', block]));
}

async function runsOf(on: Patient, words: readonly string[]): Promise<Runs> {
  const { host, own } = on;
  const named = fileNamed(words);
  const [node = '', mosaic = ''] = words;
  const nodeThere = findProgram(host.files, node) !== undefined;
  const told =
    nodeThere && node !== own.node ? await host.exec(node, ['--version'], { timeoutMs: 5_000 }) : undefined;
  return {
    node,
    mosaic,
    nodeThere,
    nodeVersion: nodeThere && told === undefined ? own.nodeVersion : told?.stdout.trim(),
    mosaicThere: isFile(host.files, mosaic),
    same: realOf(host.files, mosaic) === own.mosaic,
    otherFile: named === undefined || isInForce(on, named) ? undefined : named,
  };
}

const isFile = (files: Files, path: string): boolean => files.target(path)?.kind === 'file';

function realOf(files: Files, path: string): string | undefined {
  try {
    return files.realpath(path);
  } catch {
    return undefined;
  }
}

/** The first command of ours within a crontab's line, as `cronLine` writes it. */
function wordsOfLine(line: string): string[] | undefined {
  const call = /\{ (.*?); \} >/.exec(line.replaceAll('\\%', '%'))?.[1];
  const words = call?.match(/(?:'[^']*'|\\'|[^\s'\\])+/g);
  return words?.map((word) => word.replace(/'([^']*)'|\\'/g, (_, inner: string | undefined) => inner ?? "'"));
}

/** What is wrong with what a unit or a line runs. */
function judgeRuns(
  { node, mosaic, nodeThere, nodeVersion, mosaicThere, same }: Runs,
  whose: string,
  facts: TriggerFacts,
  fix: Pick<Finding, 'command' | 'advice'>,
): Finding[] {
  const broken = (message: string): Finding[] => [{ health: 'broken', message, ...fix }];
  if (!nodeThere) return broken(`${whose} runs ${node}, which is not there`);
  if (!mosaicThere) return broken(`${whose} runs ${mosaic}, which is not there`);
  const [has, floor] = [versionIn(nodeVersion ?? ''), versionIn(facts.nodeNeeded)];
  if (has !== undefined && floor !== undefined && (has[0] - floor[0] || has[1] - floor[1]) < 0)
    return broken(`${whose} runs node ${nodeVersion} (${node}), which is too old`);
  if (!same)
    return [
      {
        health: 'warning',
        message: `${whose} runs another mosaic than this (${mosaic}, not ${facts.own})`,
        ...fix,
      },
    ];
  return [];
}

const installOf = ({ name }: UnitFacts, { file }: TriggerFacts): Pick<Finding, 'command' | 'advice'> =>
  name.includes('-gitops.')
    ? { advice: 'mosaic gitops bootstrap, given again as it was, writes the units anew.' }
    : { command: mosaicLine(file, 'fleet', 'install-systemd') };

function judgeUnit({ name, shown }: UnitFacts, facts: TriggerFacts): Finding[] {
  const found: Finding[] = [];
  if (shown === undefined) {
    return facts.manager ? unknownFinding(`how ${name} is cannot be told`) : [];
  }
  const systemctl = (...words: string[]): string => shellLine(['systemctl', '--user', ...words, name]);
  if (shown.get('NeedDaemonReload') === 'yes')
    found.push({
      health: 'warning',
      message: `${name} was changed, and systemd has not read it`,
      command: 'systemctl --user daemon-reload',
    });
  if (shown.get('ActiveState') === 'failed' || !['success', '', undefined].includes(shown.get('Result')))
    found.push({
      health: 'broken',
      message: `${name} failed the last time (${shown.get('Result') ?? ''})`,
      advice: `journalctl --user --unit ${name} tells why; the command tries it again.`,
      command: systemctl('start'),
    });
  const waits = !name.endsWith('.service');
  if (
    (waits || name.endsWith('-reconcile.service')) &&
    !['enabled', 'enabled-runtime'].includes(shown.get('UnitFileState') ?? '')
  )
    found.push({
      health: 'broken',
      message: `${name} is not enabled: no boot starts it`,
      command: systemctl('enable', ...(waits ? ['--now'] : [])),
    });
  else if (waits && shown.get('ActiveState') === 'inactive')
    found.push({
      health: 'broken',
      message: `${name} is not active: nothing starts what it is for`,
      command: systemctl('start'),
    });
  return found;
}

function judgeTriggers(facts: TriggerFacts): readonly Finding[] {
  const { units, cron, file, manager } = facts;
  const reconcile = units.filter(({ name }) => name.includes('-reconcile.'));
  const judged = new Set<string>();
  const found: Finding[] = [...facts.foreign];
  for (const unit of units) {
    const runs =
      unit.runs === undefined ? [] : judgeRuns(unit.runs, unit.name, facts, installOf(unit, facts));
    if (runs.length > 0) judged.add(unit.name);
    found.push(...runs, ...judgeUnit(unit, facts));
  }
  for (const { unit, words, finding } of facts.files) if (!words || !judged.has(unit)) found.push(finding);
  for (const runs of cron) {
    const command = mosaicLine(file, 'fleet', 'install-cron');
    if (runs === undefined)
      found.push({
        health: 'warning',
        message: 'the line in the crontab is not as mosaic wrote it',
        command,
      });
    else {
      found.push(...judgeRuns(runs, 'the line in the crontab', facts, { command }));
      if (runs.otherFile !== undefined)
        found.push({
          health: 'broken',
          message: `the line in the crontab applies another file (${runs.otherFile}, not ${file})`,
          command,
        });
    }
  }
  if (reconcile.length > 0 && facts.managerTrouble !== undefined)
    found.push(...unknownFinding(facts.managerTrouble));
  if (reconcile.length > 0 && !manager && facts.managerTrouble === undefined)
    found.push({
      health: 'broken',
      message: 'units are to apply the fleet, and no user manager runs that would start them',
      advice: 'The check user-manager says how to get one.',
    });
  if (found.length > 0) return found;
  if (reconcile.length > 0) return ok('units apply the fleet, with this mosaic');
  if (cron.length > 0) return ok('cron applies the fleet, with this mosaic');
  if (facts.cronTrouble !== undefined) return unknownFinding(facts.cronTrouble);
  return [
    {
      health: 'warning',
      message: 'nothing applies the fleet by itself, unless mosaic apply --watch runs somewhere',
      command: mosaicLine(file, 'fleet', manager ? 'install-systemd' : 'install-cron'),
    },
  ];
}

export const triggers: Check<Patient> = check('triggers', triggerFacts, judgeTriggers);
