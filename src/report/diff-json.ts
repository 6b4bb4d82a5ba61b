/** Two fleet files side by side, for programs (schemas/diff.schema.json). */
import { jsonText } from '../base/visible.ts';
import type { FleetDiff } from '../model/diff.ts';
import { isSame } from '../model/diff.ts';
import { diffCounts, diffSummary } from './diff-summary.ts';

/** @param names both files, as they were named */
export const diffJsonText = (diff: FleetDiff, names: { base: string; head: string }): string =>
  `${jsonText(
    {
      format_version: 1,
      fleet: diff.fleet,
      ...names,
      new: diff.isNew,
      same: isSame(diff),
      summary: diffSummary(diff),
      warnings: diff.warnings,
      counts: diffCounts(diff),
      unchanged: diff.unchanged,
      agents: diff.agents,
      missions: diff.missions,
      formulas: diff.formulas,
      settings: diff.settings,
    },
    2,
  )}\n`;
