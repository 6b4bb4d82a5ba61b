/** The form of a plan for programs (schemas/plan.schema.json): what may be shown, and nothing else. */
import type {
  Action,
  AgentStatus,
  Change,
  MissionVerdict,
  Plan,
  Verification,
  Wanted,
} from '../model/plan.ts';
import { defined } from './defined.ts';
import { definitionDiff, fileDiff } from './diffs.ts';
import { isoSeconds } from './format.ts';
import { isInSync, planCounts, summaryLine } from './plan-summary.ts';
import type { PlanCounts } from './plan-summary.ts';
import { jsonText } from '../base/visible.ts';

export interface PlanJson {
  format_version: 1;
  fleet: string;
  supervisor?: 'systemd' | 'none';
  in_sync: boolean;
  summary: string;
  counts: PlanCounts;
  refused?: { reason: string; fix: string };
  agents: {
    agent: string;
    wanted: Wanted;
    rule: string;
    status: AgentStatus;
    change: Change;
    reason: string;
    fix?: string;
    until?: string;
  }[];
  missions: MissionVerdict[];
  verifications: Verification[];
  holds: { subject: string; reason: string; fix?: string }[];
  definitions: {
    agent: string;
    before?: Record<string, unknown>;
    after: Record<string, unknown>;
    diff: string;
  }[];
  actions: ActionJson[];
}

export interface ActionJson {
  id: string;
  kind: Action['kind'];
  needs: string[];
  reason: string;
  agent?: string;
  path?: string;
  /** Octal, as `chmod` takes it. */
  mode?: string;
  diff?: string;
  repository?: string;
  base?: string;
  branch?: string;
  revision?: string;
  because?: string;
  from?: string;
  cause?: string;
  mission?: string;
  session?: string;
  task?: string;
  prompt?: string;
  fresh?: boolean;
  formula?: string;
  unit?: string;
}

export function planJson(plan: Plan): PlanJson {
  return defined({
    format_version: 1 as const,
    fleet: plan.fleet,
    supervisor: plan.supervisor,
    in_sync: isInSync(plan),
    summary: summaryLine(plan),
    counts: planCounts(plan),
    refused: plan.refused,
    agents: plan.verdicts.map(({ agent, wanted, rule, status, change, reason, fix, until }) =>
      defined({
        agent,
        wanted,
        rule,
        status,
        change,
        reason,
        fix,
        until: until === undefined ? undefined : isoSeconds(until),
      }),
    ),
    missions: plan.missions,
    verifications: plan.verifications,
    holds: plan.holds.map(({ subject, reason, fix }) => defined({ subject, reason, fix })),
    definitions: plan.definitions.map((definition) => {
      const { agent, before, after } = definition;
      return defined({ agent, before, after, diff: text(definitionDiff(definition).lines) });
    }),
    actions: plan.actions.map(actionJson),
  });
}

/** `planJson` as indented text, ending in a newline. */
export const planJsonText = (plan: Plan): string => `${jsonText(planJson(plan), 2)}\n`;

const text = (lines: string[]): string => lines.map((line) => `${line}\n`).join('');

// Field by field: what is not named here, such as a file's content, cannot get out.
function actionJson(action: Action): ActionJson {
  const { id, kind, needs, reason } = action;
  return { id, kind, needs, reason, ...details(action) };
}

function details(action: Action): Partial<ActionJson> {
  switch (action.kind) {
    case 'write-file':
      return {
        path: action.path,
        mode: `0${action.mode.toString(8)}`,
        diff: text(fileDiff(action).lines),
      };
    case 'remove-file':
      return { path: action.path, diff: text(fileDiff(action).lines) };
    case 'make-worktree':
      return defined({
        agent: action.agent,
        repository: action.repository,
        path: action.path,
        base: action.base,
        branch: action.branch,
      });
    case 'remove-worktree':
    case 'mark-worktree':
      return { agent: action.agent, repository: action.repository, path: action.path };
    case 'rename-session':
      return defined({ agent: action.agent, from: action.from });
    case 'stop-session':
      return defined({ agent: action.agent, because: action.because, fresh: action.fresh });
    case 'start-session':
      return defined({ agent: action.agent, fresh: action.fresh });
    case 'record-end':
      return { agent: action.agent, cause: action.ended.cause };
    case 'make-mission':
    case 'change-mission':
    case 'join-mission-session':
      return { agent: action.agent, mission: action.mission };
    case 'end-mission-session':
      return {
        agent: action.agent,
        mission: action.mission,
        session: action.session,
        because: action.because,
      };
    case 'block-task':
      return { agent: action.agent, mission: action.mission, task: action.task };
    case 'begin-mission-session':
      return { agent: action.agent, mission: action.mission, prompt: action.prompt };
    case 'adopt-session':
    case 'write-lock':
    case 'forget':
    case 'kickstart':
    case 'suspend':
    case 'resume':
      return { agent: action.agent };
    case 'mark-revision':
      return defined({ agent: action.agent, revision: action.revision });
    case 'start-timer':
    case 'stop-timer':
      return { formula: action.formula, unit: action.unit };
    case 'reload-units':
    case 'start-holder':
    case 'stop-holder':
    case 'set-hook':
      return {};
  }
}
