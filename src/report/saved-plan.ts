/** A plan kept in a file, for a later apply that does exactly that (schemas/saved-plan.schema.json). */
import type { Plan } from '../model/plan.ts';
import { isoSeconds } from './format.ts';
import { planJson } from './plan-json.ts';
import type { PlanJson } from './plan-json.ts';
import { jsonText } from '../base/visible.ts';

export interface SavedPlan {
  format_version: 1;
  kind: 'mosaic-plan';
  saved_at: string;
  /** The version of mosaic that saved it: another one may plan otherwise. */
  mosaic: string;
  /** The fleet file, absolute, and the SHA-256 of its text in hexadecimal. */
  file: string;
  file_sha256: string;
  /** SHA-256 over the whole plan, secrets included: equal only when exactly the same would be done. */
  plan_sha256: string;
  /** What was asked for, to be asked again. */
  options: SavedPlanOptions;
  plan: PlanJson;
}

export interface SavedPlanOptions {
  /** Only these agents; empty: all. */
  agents: string[];
  /** Restarted although nothing else asks for it. */
  restart: string[];
  /** Foreign sessions and files to take over. */
  adopt: string[];
  allow_mass_stop: boolean;
}

export interface SavedPlanFacts {
  savedAt: number;
  version: string;
  file: string;
  fileDigest: string;
  planDigest: string;
  options: SavedPlanOptions;
}

/** What `mosaic plan --out` writes, ending in a newline. The digests are the caller's, who can see the secrets. */
export function savedPlanText(plan: Plan, facts: SavedPlanFacts): string {
  const saved: SavedPlan = {
    format_version: 1,
    kind: 'mosaic-plan',
    saved_at: isoSeconds(facts.savedAt),
    mosaic: facts.version,
    file: facts.file,
    file_sha256: facts.fileDigest,
    plan_sha256: facts.planDigest,
    options: facts.options,
    plan: planJson(plan),
  };
  return `${jsonText(saved, 2)}\n`;
}
