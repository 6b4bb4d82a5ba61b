/** Unified diffs of what a plan changes, from the sides that may be shown. Loads the diff and YAML packages. */
import { structuredPatch } from 'diff';
import { stringify } from 'yaml';
import type { DefinitionChange, Plan, RemoveFile, WriteFile } from '../model/plan.ts';
import { visible, visibleWithTabs } from '../base/visible.ts';

/** One diff: whose it is, and its lines with nothing in them that a terminal would act on. */
export interface Diff {
  /** The agent's name or the file's path. */
  subject: string;
  /** Starting with `---` and `+++`. */
  lines: string[];
}

/** The diffs of a plan: first the definitions, in the plan's order, then the files, in the order of its actions. */
export function planDiffs(plan: Plan): Diff[] {
  return [...plan.definitions.map(definitionDiff), ...plan.actions.filter(isFileAction).map(fileDiff)];
}

const isFileAction = (action: Plan['actions'][number]): action is WriteFile | RemoveFile =>
  action.kind === 'write-file' || action.kind === 'remove-file';

/** What an agent runs with against what the fleet file says, in the fleet file's words. */
export function definitionDiff({ agent, before, after }: DefinitionChange): Diff {
  const old = before === undefined ? `${agent}, as started (not known)` : `${agent}, as started`;
  return unified(agent, old, before && yaml(before), `${agent}, as the file says`, yaml(after));
}

/** What a file holds against what it would hold. Where secrets alone differ, or its mode, that is said instead. */
export function fileDiff(
  action: Pick<WriteFile, 'kind' | 'path' | 'mode' | 'shown'> | Pick<RemoveFile, 'kind' | 'path' | 'shown'>,
): Diff {
  const { path } = action;
  if (action.kind === 'remove-file') return unified(path, path, action.shown.before, '/dev/null', undefined);
  const { before, after } = action.shown;
  // After a tab, where patch(1) takes no notice of it.
  const mode = `mode 0${action.mode.toString(8)}`;
  const diff = unified(path, before === undefined ? '/dev/null' : path, before, path, after, mode);
  if (before === after)
    diff.lines.push('(no difference that may be shown: a secret value or the mode changes)');
  return diff;
}

/** Fields of the fleet file on both sides, as YAML. */
export const fieldsDiff = (
  subject: string,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): Diff => unified(subject, subject, some(before), subject, some(after));

const some = (fields: Record<string, unknown>): string | undefined =>
  Object.keys(fields).length === 0 ? undefined : yaml(fields);

// Values of any depth, never folded: a line of the diff is a line of the value.
const yaml = (fields: Record<string, unknown>): string =>
  stringify(fields, { lineWidth: 0, aliasDuplicateObjects: false });

function unified(
  subject: string,
  oldName: string,
  before: string | undefined,
  newName: string,
  after: string | undefined,
  remark?: string,
): Diff {
  const { hunks } = structuredPatch('', '', before ?? '', after ?? '', '', '', { context: 3 });
  const lines = [
    `--- ${visible(oldName)}`,
    `+++ ${visible(newName)}${remark === undefined ? '' : `\t(${remark})`}`,
  ];
  for (const hunk of hunks) {
    lines.push(
      `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
      ...hunk.lines.map(visibleWithTabs),
    );
  }
  return { subject, lines };
}

/** As diff(1) writes it: where a side has no lines, the line before them is named. */
const range = (start: number, lines: number): string => {
  if (lines === 0) return `${start - 1},0`;
  return lines === 1 ? String(start) : `${start},${lines}`;
};
