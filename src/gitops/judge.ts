/** Whether a commit is taken: an ordered table, in which the first rule that matches refuses it. Pure. */
import { quoted } from '../base/text.ts';
import type { Following } from '../model/gitops.ts';
import type { Plan } from '../model/plan.ts';
import type { Loaded } from '../model/problem.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Signature } from './signature.ts';

/** What is known of a commit. It is found out step by step: what is not yet known matches no rule. */
export interface CommitFacts {
  following: Pick<Following, 'path'>;
  /** The name of the fleet that is followed; absent: the first commit says it. */
  fleet?: string;
  /** It comes after the one in force, or none is. */
  descends?: boolean;
  acceptRewrite?: boolean;
  /** Absent: none is asked for. */
  signature?: Signature;
  /** Why the fleet file, or one that it names, cannot be taken. */
  file?: { path: string; wrong: string };
  needed?: { reason: string; fix: string };
  loaded?: Loaded<Fleet>;
  plan?: Pick<Plan, 'refused' | 'unobserved'>;
}

export type Rule =
  | 'rewritten'
  | 'signature'
  | 'file'
  | 'invalid'
  | 'other-fleet'
  | 'named-file'
  | 'refused-plan'
  /** The host did not say enough to plan: nothing is wrong with the commit. */
  | 'unobserved';

export interface Verdict {
  rule: Rule;
  reason: string;
  fix?: string;
}

/** These depend on how the host is at the moment. */
export const ofTheMoment: ReadonlySet<string> = new Set<Rule>(['refused-plan', 'unobserved']);

type Match = (facts: CommitFacts) => Omit<Verdict, 'rule'> | undefined;

const rules: readonly (readonly [Rule, Match])[] = [
  [
    'rewritten',
    ({ descends, acceptRewrite }) =>
      descends === false && acceptRewrite !== true
        ? {
            reason: 'the history was rewritten: it does not come after the revision in force',
            fix: 'If that is meant, say so: mosaic gitops sync --accept-rewrite.',
          }
        : undefined,
  ],
  [
    'signature',
    ({ signature }) =>
      signature?.good === false
        ? {
            reason: signature.why,
            fix: 'Sign the commit (git commit -S), or have its signer added to the file on this host.',
          }
        : undefined,
  ],
  [
    'file',
    ({ file, following }) =>
      file !== undefined && file.path === following.path
        ? { reason: `the fleet file ${quoted(file.path)} ${file.wrong}` }
        : undefined,
  ],
  [
    'invalid',
    ({ loaded }) => {
      if (loaded?.ok !== false) return undefined;
      const [first] = loaded.problems;
      const line = first?.range === undefined ? '' : `line ${first.range.line}: `;
      const more = loaded.problems.length > 1 ? ` (and ${loaded.problems.length - 1} more)` : '';
      return {
        reason: `the fleet file is not valid: ${line}${first?.message ?? ''}${more}`,
        ...(first?.fix === undefined ? {} : { fix: first.fix }),
      };
    },
  ],
  [
    'other-fleet',
    ({ loaded, fleet }) =>
      loaded?.ok === true && fleet !== undefined && loaded.value.name !== fleet
        ? {
            reason: `it is of the fleet ${quoted(loaded.value.name)}, and ${quoted(fleet)} is followed`,
            fix: 'To follow that one too: mosaic gitops bootstrap. To be rid of this one: mosaic down.',
          }
        : undefined,
  ],
  ['named-file', ({ needed }) => needed],
  [
    'named-file',
    ({ file, following }) =>
      file !== undefined && file.path !== following.path
        ? { reason: `${quoted(file.path)}, which the fleet file names, ${file.wrong}` }
        : undefined,
  ],
  [
    'refused-plan',
    ({ plan }) =>
      plan?.refused === undefined
        ? undefined
        : {
            reason: plan.refused.reason,
            fix: 'If that is meant, say so: mosaic gitops sync --allow-mass-stop.',
          },
  ],
  ['unobserved', ({ plan }) => plan?.unobserved],
];

/** Why a commit is not taken, as far as is known; undefined: nothing speaks against it. */
export function judge(facts: CommitFacts): Verdict | undefined {
  for (const [rule, match] of rules) {
    const found = match(facts);
    if (found !== undefined) return { rule, ...found };
  }
  return undefined;
}
