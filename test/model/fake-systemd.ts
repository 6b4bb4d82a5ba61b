/** A user manager, as far as mosaic's own units need one: oneshot services that stay active, and scopes. */
import { join } from 'node:path';
import type { ExecResult } from '../../src/host/host.ts';
import type { ProcessTable } from './fake-processes.ts';

export interface FakeSystemd {
  exec(args: readonly string[]): ExecResult;
  /** Another boot: nothing is started. */
  reset(): void;
}

interface Unit {
  state: 'active' | 'failed';
  sub: string;
}

/** What the manager needs of the machine that it runs on. */
interface Surroundings {
  /** The folder of unit files. */
  units: string;
  processes: ProcessTable;
  read(path: string): string | undefined;
  /** Makes a symbolic link. */
  link(path: string, target: string): void;
  run(command: readonly string[]): ExecResult;
}

class Failure extends Error {
  code = 1;
}

export function fakeSystemd(around: Surroundings): FakeSystemd {
  const services = new Map<string, Unit>();
  /** Unit files as they were when they were last looked at. */
  const loaded = new Map<string, string>();

  function textOf(name: string): string {
    const file = name.replace(/@.+\.service$/, '@.service');
    const text = loaded.get(file) ?? around.read(join(around.units, file));
    if (text === undefined) {
      const failure = new Failure(`Failed to start ${name}: Unit ${name} not found.`);
      failure.code = 5;
      throw failure;
    }
    loaded.set(file, text);
    return text;
  }

  const linesOf = (name: string, key: string): string[] =>
    [...textOf(name).matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);

  const othersOf = (name: string, key: string): string[] =>
    linesOf(name, key).flatMap((value) => value.split(' '));

  function start(name: string): void {
    if (services.get(name)?.state === 'active') return;
    if (name.endsWith('.timer')) {
      services.set(name, { state: 'active', sub: textOf(name) === '' ? 'dead' : 'waiting' });
      return;
    }
    for (const needed of othersOf(name, 'Requires')) start(needed);
    for (const line of linesOf(name, 'ExecStart')) {
      const { code } = around.run(commandOf(line, name));
      if (code === 0) continue;
      services.set(name, { state: 'failed', sub: 'failed' });
      throw new Failure(`Job for ${name} failed because the control process exited with error code.`);
    }
    services.set(name, { state: 'active', sub: 'exited' });
  }

  function stop(name: string): void {
    if (name.endsWith('.scope')) return stopScope(name);
    const dependents = [...services.keys()].filter(
      (other) => other !== name && othersOf(other, 'PartOf').includes(name),
    );
    for (const dependent of dependents) stop(dependent);
    if (services.get(name)?.state === 'active') {
      for (const line of linesOf(name, 'ExecStop')) around.run(commandOf(line.replace(/^-/, ''), name));
    }
    services.delete(name);
  }

  function stopScope(name: string): void {
    const inside = around.processes.all().filter(({ scope }) => scope === name);
    if (inside.length === 0) {
      const failure = new Failure(`Failed to stop ${name}: Unit ${name} not loaded.`);
      failure.code = 5;
      throw failure;
    }
    for (const { pid } of inside) around.processes.end(pid, { signal: 15 });
  }

  function list(): string {
    const scopes = new Set(around.processes.all().flatMap(({ scope }) => scope ?? []));
    return JSON.stringify([
      ...[...services].map(([unit, { state, sub }]) => ({ unit, load: 'loaded', active: state, sub })),
      ...[...scopes].map((unit) => ({ unit, load: 'loaded', active: 'active', sub: 'running' })),
    ]);
  }

  /** Every unit gets its turn; one that fails fails the call. */
  function each(units: readonly string[], task: (unit: string) => void): ExecResult {
    const failures: Failure[] = [];
    for (const unit of units) {
      try {
        task(unit);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failures.push(error);
      }
    }
    const stderr = failures.map(({ message }) => `${message}\n`).join('');
    return { code: failures[0]?.code ?? 0, stdout: '', stderr };
  }

  return {
    exec([, verb, ...units]) {
      switch (verb) {
        case 'list-units':
          return { code: 0, stdout: list(), stderr: '' };
        case 'daemon-reload':
          loaded.clear();
          return { code: 0, stdout: '', stderr: '' };
        case 'start':
          return each(units, start);
        case 'stop':
          return each(units, stop);
        case 'restart':
          return each(units, (unit) => {
            stop(unit);
            start(unit);
          });
        case 'enable':
          return each(units, (unit) => {
            if (unit === '--quiet') return;
            textOf(unit);
            around.link(join(around.units, 'timers.target.wants', unit), join(around.units, unit));
          });
        case 'clean':
          return { code: 0, stdout: '', stderr: '' };
        case 'reset-failed':
          return each(
            units,
            (unit) => void (services.get(unit)?.state === 'failed' && services.delete(unit)),
          );
        default:
          throw new Error(`the fake systemctl knows no verb ${verb}`);
      }
    },
    reset() {
      services.clear();
      loaded.clear();
    },
  };
}

/** The words of an Exec line (systemd.service(5), "Command lines"). */
function commandOf(line: string, unit: string): string[] {
  const instance = /@(.+)\.service$/.exec(unit)?.[1] ?? '';
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '',
  );
  return words.map((word) =>
    (word === '\\;' ? ';' : word).replaceAll('%i', instance).replaceAll('%%', '%').replaceAll('$$', '$'),
  );
}
