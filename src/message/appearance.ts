/** What an agent is doing, read off its screen by the patterns of its runtime. */
import type { Runtime } from '../model/fleet.ts';
import type { Appearance } from '../model/messaging.ts';
import { plainText, solidText } from './escapes.ts';

export interface Screen {
  /** With its escape sequences (tmux capture-pane -e). */
  text: string;
  /** The pane's title, which many programs set. */
  title: string;
}

/** Patterns see a screen without the blank lines that end it, so that they can say what its last line is. */
function withoutEnd(text: string): string {
  const lines = text.split('\n');
  return lines.slice(0, lines.findLastIndex((line) => line.trim() !== '') + 1).join('\n');
}

export function appearanceOf(runtime: Runtime | undefined, { text, title }: Screen): Appearance {
  const plain = withoutEnd(plainText(text));
  const has = (pattern: string | undefined, where = plain): boolean =>
    pattern !== undefined && patternOf(pattern).test(where);
  const isDialog = has(runtime?.dialog) || has(runtime?.dialogTitle, title);
  const isBusy = has(runtime?.busy) || has(runtime?.busyTitle, title);
  const draft = isDialog ? undefined : draftOf(runtime, text);
  const tellsBusy = runtime?.busy !== undefined || runtime?.busyTitle !== undefined;
  return {
    activity: isDialog
      ? 'dialog'
      : isBusy
        ? 'busy'
        : runtime?.ready !== undefined && !has(runtime.ready)
          ? 'starting'
          : tellsBusy
            ? 'idle'
            : 'unknown',
    queued: has(runtime?.queued),
    ...(draft === undefined ? {} : { draft }),
    ...(isDialog ? { dialog: lastBlock(plain) } : {}),
    ...(runtime?.fresh === undefined ? {} : { fresh: has(runtime.fresh) }),
  };
}

function draftOf(runtime: Runtime | undefined, text: string): string | undefined {
  if (runtime?.draft === undefined) return undefined;
  const last = [...withoutEnd(solidText(text)).matchAll(new RegExp(runtime.draft, 'gm'))].at(-1);
  return last?.[1]?.replace(/ +$/gm, '').trim();
}

const patterns = new Map<string, RegExp>();

function patternOf(source: string): RegExp {
  let pattern = patterns.get(source);
  if (pattern === undefined) patterns.set(source, (pattern = new RegExp(source, 'm')));
  return pattern;
}

const DIALOG_LINES = 25;

/** A line that frames or parts, and says nothing. */
const RULE = /^[\s\u2500-\u259f]*$/u;

/** What stands at the screen's end, from the last rule on where there is one: its lines, without the empty ones. */
function lastBlock(plain: string): string[] {
  const lines = plain.trimEnd().split('\n').slice(-DIALOG_LINES);
  const rule = lines.findLastIndex((line) => /^ *─{10,} *$/.test(line));
  const block = lines.slice(rule === lines.length - 1 ? 0 : rule + 1);
  return block.filter((line) => !RULE.test(line)).map((line) => line.trimEnd());
}
