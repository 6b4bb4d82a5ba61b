/** A program for agents that keeps a conversation in the folder where it works, and can go on with it. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { World } from '../../support/world.ts';

/** One start of it. */
export interface Start {
  how: 'begins' | 'goes on' | 'finds none' | 'refuses';
  pid: number;
  /** The words that it was given, but for those by which it goes on. */
  words: string[];
}

export interface Talker {
  /** To be put under `runtimes` of the fleet file. */
  runtime: Record<string, unknown>;
  program: string;
  /** Its starts in a folder so far. */
  starts(folder: string): Start[];
  /** Waits for so many, and gives the last. */
  start(folder: string, count: number): Promise<Start>;
  /** Signals that it got there so far. */
  heard(folder: string): string[];
  /** Takes the conversation away. */
  lose(folder: string): void;
  /** Has it refuse to go on from now on. */
  refuse(folder: string): void;
  /** Has the one that runs end with a status. */
  exit(folder: string, status: number): void;
}

const SCRIPT = String.raw`#!/bin/sh
tell() { { printf '%s\t%s' "$1" "$$"; shift; printf '\t%s' "$@"; printf '\n'; } >>starts; }
if [ "$1" = --go ] && [ "$2" = 'on with it' ]; then
  shift 2
  if [ -e refuses ]; then tell refuses "$@"; echo 'I will not'; exit 7; fi
  if [ ! -e conversation ]; then tell 'finds none' "$@"; echo 'no conversation found'; exit 1; fi
  tell 'goes on' "$@"
else
  : >conversation
  tell begins "$@"
fi
trap 'echo INT >>heard' INT
trap 'echo HUP >>heard; exit 129' HUP
trap 'echo TERM >>heard; exit 143' TERM
echo '> '
while :; do
  if [ -e ends ]; then status=$(cat ends); rm ends; exit "$status"; fi
  sleep 0.05
done
`;

export function talkerOf(world: World): Talker {
  const program = world.path('talker');
  if (!existsSync(program)) {
    writeFileSync(program, SCRIPT);
    chmodSync(program, 0o755);
  }
  const lines = (path: string): string[] =>
    existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  const starts = (folder: string): Start[] =>
    lines(`${folder}/starts`).map((line) => {
      const [how, pid, ...words] = line.split('\t');
      return { how: how as Start['how'], pid: Number(pid), words: words.filter(Boolean) };
    });
  return {
    program,
    runtime: { command: [program], resume: ['--go', 'on with it'], ready: '^> ' },
    starts,
    async start(folder, count) {
      await world.until(`${count} starts in ${folder}`, () => starts(folder).length >= count);
      assert.equal(starts(folder).length, count);
      return starts(folder)[count - 1] as Start;
    },
    heard: (folder) => lines(`${folder}/heard`),
    lose: (folder) => rmSync(`${folder}/conversation`),
    refuse: (folder) => writeFileSync(`${folder}/refuses`, ''),
    exit(folder, status) {
      // Moved into place, so that it never reads half of it.
      writeFileSync(`${folder}/ends.new`, `${status}`);
      renameSync(`${folder}/ends.new`, `${folder}/ends`);
    },
  };
}
