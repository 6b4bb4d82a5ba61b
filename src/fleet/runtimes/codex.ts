import type { Runtime } from '../../model/fleet.ts';

/** Codex CLI, as seen with 0.169.0. */
export const codex: Runtime = {
  // Its background server would outlive the session together with whatever tool it runs.
  command: ['codex', '--no-daemon'],
  unattended: ['--dangerously-bypass-approvals-and-sandbox'],
  install: 'npm install --global @openai/codex',
  resetCommand: '/new',
  resume: ['resume', '--last'],
  // The prompt. A dialog marks its choice with the same sign before a number.
  ready: '^›(?!\\s*\\d+\\.)',
  // "■ You've hit your usage limit. Upgrade to Pro (…) or try again in 5 days 22 hours 11 minutes.", later versions
  // "… or try again at Jul 5th, 2026 8:19 PM.": https://github.com/openai/codex/issues/3899, /26668
  limit: "^■ You['’]ve hit your usage limit(?:[^■›]{0,400}?[Tt]ry again (?:at|in) ([^.■›]{1,60}))?",
};
