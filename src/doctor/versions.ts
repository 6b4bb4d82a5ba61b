/** The programs that mosaic runs itself, and the oldest of them that it works with. */
import type { ExecResult } from '../host/host.ts';
import { check, ok, unknownFinding, type Check, type Finding } from './check.ts';

type Version = readonly [major: number, minor: number];

/** `new-session -e`, and programs given as several words, came with 3.2. */
const TMUX: Version = [3, 2];
/** `git worktree list -z` came with 2.36. */
const GIT: Version = [2, 36];

const words = (version: Version): string => version.join('.');
const older = (a: Version, b: Version): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);

/** The first `MAJOR.MINOR` of a text. */
export function versionIn(text: string): Version | undefined {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}

export const node: Check = check(
  'node',
  ({ own, nodeNeeded }) => ({ version: own.nodeVersion, path: own.node, needed: nodeNeeded }),
  ({ version, path, needed }) => {
    const [has, floor] = [versionIn(version), versionIn(needed)];
    if (has === undefined || floor === undefined) return unknownFinding(`node says ${version}`);
    if (!older(has, floor)) return ok(`node ${version} (${path})`);
    return [
      {
        health: 'broken',
        message: `node ${version} (${path}) is too old`,
        advice: `Install node ${words(floor)} or later (nodejs.org, or the package nodejs of a current system).`,
      },
    ];
  },
);

interface Asked {
  program: string;
  needed: Version | undefined;
  packageName: string;
  why: string;
  result: ExecResult;
}

function judgeProgram({ program, needed, packageName, why, result }: Asked): readonly Finding[] {
  const install = (version: string): string =>
    `Install ${program}${version} (Debian: apt-get install ${packageName}).`;
  const floor = needed === undefined ? '' : ` ${words(needed)} or later`;
  if (result.failure === 'missing')
    return [
      { health: 'broken', message: `${program} is not on the PATH: ${why} with it`, advice: install(floor) },
    ];
  if (result.failure !== undefined) return unknownFinding(result.message ?? `${program} did not answer`);
  if (result.code !== 0) return unknownFinding(`${program} failed: ${result.stderr.trim()}`);
  const said = result.stdout.trim().split('\n')[0] ?? '';
  if (needed === undefined) return ok(said);
  const has = versionIn(said);
  // A build from its repository has no number.
  if (has === undefined) return unknownFinding(`${program} says ${said}, which is no version`);
  if (!older(has, needed)) return ok(said);
  return [
    {
      health: 'broken',
      message: `${said} is too old: ${words(needed)} is the least that works`,
      advice: install(floor),
    },
  ];
}

const program = (
  name: string,
  args: readonly string[],
  needed: Version | undefined,
  packageName: string,
  why: string,
): Check =>
  check(
    name,
    async ({ host }) => ({ program: name, needed, packageName, why, result: await host.exec(name, args) }),
    judgeProgram,
  );

export const tmux = program('tmux', ['-V'], TMUX, 'tmux', 'agents run');
export const git = program('git', ['--version'], GIT, 'git', 'worktrees are made');
export const flock = program('flock', ['--version'], undefined, 'util-linux', 'two applies are kept apart');
