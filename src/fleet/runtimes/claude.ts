import type { Runtime } from '../../model/fleet.ts';

/** Claude Code, as seen with 2.1.329. */
export const claude: Runtime = {
  command: ['claude'],
  unattended: ['--dangerously-skip-permissions'],
  install: 'npm install --global @anthropic-ai/claude-code',
  resetCommand: '/clear',
  resume: ['--continue'],
  // The prompt. A dialog marks its choice with the same sign before a number, and would take what is typed for an answer.
  ready: '^❯(?!\\s*\\d+\\.)',
  // "You've hit your limit · resets 7pm (UTC)", "You've hit your session limit · resets 8:30pm (Asia/Tokyo)",
  // "Claude usage limit reached. Your limit will reset at 1pm (Etc/GMT+5)", the latter after a "⎿":
  // https://github.com/anthropics/claude-code/issues/54698, /74079, /15064
  limit:
    "^[\\s⎿●■]*(?:You['’]ve hit your (?:\\S+ )?limit|Claude (?:AI )?usage limit reached)(?:[^❯]{0,120}?\\bresets? (?:at )?([^\\n.]{1,60}))?",
};
