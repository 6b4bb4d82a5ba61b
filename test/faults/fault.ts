/**
 * A host on which one call goes wrong: counted are the calls that change the machine or ask another program, and the one of
 * the given number is failed, or is where the process is killed.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { HostError, type ExecResult, type Host } from '../../src/host/host.ts';

export interface Fault {
  /** Which call, counted from 1; 0 for none. */
  at: number;
  how: How;
  /** All later ones go wrong in the same way: a disk that stays full. */
  onwards?: boolean;
}

export const noFault: Fault = { at: 0, how: 'before' };

/**
 * - before, during, after: the process is killed there. `during` an exec leaves the program running on its own; in a write it
 *   leaves the new file beside the old one, in an append half of the text.
 * - no-space, no-permission: a call on a file fails.
 * - fail, hang: the program does nothing, and ends with 1 or not at all. `lost`: it does its work, and does not end.
 *   `garbage`: it does its work, and prints anything but what it should.
 */
export type How =
  'before' | 'during' | 'after' | 'no-space' | 'no-permission' | 'fail' | 'hang' | 'lost' | 'garbage';

export interface Call {
  number: number;
  /** `exec`, or a call on files such as `write`. */
  name: string;
  /** The command line, or the path. */
  subject: string;
  /** The fault was put here. */
  hit: boolean;
}

const CHANGES = new Set([
  'write',
  'append',
  'mkdir',
  'rename',
  'remove',
  'removeEmptyFolder',
  'writeLink',
  'lock',
]);

/** @param log is told of each call before it is made */
export function faultyHost(host: Host, fault: Fault, log: (call: Call) => void): Host {
  let number = 0;
  const count = (name: string, subject: string): boolean => {
    number += 1;
    const hit = number === fault.at || (fault.onwards === true && fault.at > 0 && number > fault.at);
    log({ number, name, subject, hit });
    return hit;
  };
  const exec: Host['exec'] = (file, args, options) => {
    const real = () => host.exec(file, args, options);
    if (!count('exec', [file, ...args].join(' '))) return real();
    return faultyExec(fault.how, real, (timeoutMs) => host.exec('sleep', ['60'], { timeoutMs }));
  };
  const files = intercepted(host.files, (name, args, real) => {
    const path = String(args[0]);
    if (!CHANGES.has(name) || !count(name, path)) return real();
    return faultyCall(fault.how, name, path, real);
  });
  const processes = intercepted(host.processes, (name, args, real) => {
    if (name !== 'signal' || !count(name, String(args[2]))) return real();
    // It cannot fail in a way of its own: a process that is gone is what it asks about.
    return isKill(fault.how) ? killedAround(fault.how, real) : real();
  });
  return { ...host, exec, files, processes };
}

function intercepted<T extends object>(
  target: T,
  around: (name: string, args: unknown[], real: () => unknown) => unknown,
): T {
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown =>
        around(String(key), args, () => Reflect.apply(value, object, args) as unknown);
    },
  });
}

const isKill = (how: How): how is 'before' | 'during' | 'after' =>
  how === 'before' || how === 'during' || how === 'after';

async function faultyExec(
  how: How,
  real: () => Promise<ExecResult>,
  hang: (timeoutMs: number) => Promise<ExecResult>,
): Promise<ExecResult> {
  switch (how) {
    case 'before':
      return die();
    case 'during': {
      const running = real();
      // Whatever it has come to in that time, it goes on alone.
      setTimeout(die, 2);
      await running;
      return die();
    }
    case 'after':
      await real();
      return die();
    case 'fail':
      return { code: 1, stdout: '', stderr: 'fatal: something is wrong today\n' };
    case 'hang':
      return hang(100);
    case 'lost':
      await real();
      return hang(100);
    case 'garbage':
      await real();
      return { code: 0, stdout: '\u001b[31m{"a":[\0 %% garbage\n\n:::\n', stderr: '' };
    default:
      return real();
  }
}

function faultyCall(how: How, name: string, path: string, real: () => unknown): unknown {
  if (isKill(how)) {
    if (how === 'during') interruptInside(name);
    return killedAround(how, real);
  }
  if (how === 'no-space')
    return refuse(name, path, 'ENOSPC', `cannot ${name} ${path}: no space is left on the device`);
  if (how === 'no-permission')
    return refuse(name, path, 'EACCES', `cannot ${name} ${path}: permission denied`);
  return real();
}

function refuse(name: string, path: string, code: string, message: string): Promise<never> {
  const error = new HostError(message, { code, path });
  if (name === 'lock') return Promise.reject(error);
  throw error;
}

function killedAround(how: 'before' | 'during' | 'after', real: () => unknown): unknown {
  if (how === 'before') die();
  let result: unknown;
  try {
    result = real();
  } catch {
    die();
  }
  return result instanceof Promise ? result.then(die, die) : die();
}

/** Has the next step within a write, or within an append, be the last thing that this process does. */
function interruptInside(name: string): void {
  if (name === 'write') fs.renameSync = die;
  if (name === 'append') {
    const write = fs.writeSync;
    fs.writeSync = (fd: number, text: string | NodeJS.ArrayBufferView): never => {
      const whole = typeof text === 'string' ? text : '';
      write(fd, whole.slice(0, whole.length / 2));
      return die();
    };
  }
  syncBuiltinESMExports();
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal reaches a process when it next leaves the kernel.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}
