/** `mosaic formula check` for programs (schemas/formula-check.schema.json). */
import { jsonText } from '../base/visible.ts';
import type { Formula } from '../model/formula.ts';
import type { Loaded } from '../model/problem.ts';
import { problemsJson } from './problems.ts';

/** As indented text. Of a file that is valid, its warnings are the problems. */
export const formulaCheckJsonText = (isValid: boolean, loaded: readonly Loaded<Formula>[]): string =>
  `${jsonText(formulaCheckJson(isValid, loaded), 2)}\n`;

export const formulaCheckJson = (isValid: boolean, loaded: readonly Loaded<Formula>[]) => ({
  format_version: 1 as const,
  valid: isValid,
  files: loaded.map((one) =>
    problemsJson({ file: one.file, problems: one.ok ? one.warnings : one.problems }),
  ),
});
