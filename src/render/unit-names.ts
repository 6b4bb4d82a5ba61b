/** What the units of a fleet are called. */
import { formulaOfSession } from '../model/formula.ts';

export const unitNames = (prefix: string) => ({
  holder: `${prefix}-tmux-holder.service`,
  template: `${prefix}-agent@.service`,
  wake: `${prefix}-wake.service`,
  agent: (name: string) => `${prefix}-agent@${name}.service`,
  /** Dots, which neither a prefix nor an agent's name has, keep it apart from any other fleet's; systemd takes no `@` here. */
  scope: (name: string) => {
    const formula = formulaOfSession(name);
    return formula === undefined ? `${prefix}-agent.${name}.scope` : `${prefix}-formula.${formula}.scope`;
  },
  /** The scope of a formula's session. */
  formulaScope: (name: string) => `${prefix}-formula.${name}.scope`,
});

/** The agent of a unit or scope of this prefix; undefined for another's. */
export function agentOfUnit(prefix: string, unit: string): string | undefined {
  const match = /^(.+)-agent(?:@([a-z0-9][a-z0-9_-]*)\.service|\.([a-z0-9][a-z0-9_-]*)\.scope)$/.exec(unit);
  return match?.[1] === prefix ? (match[2] ?? match[3]) : undefined;
}
