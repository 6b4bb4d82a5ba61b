import type { Runtime } from '../../model/fleet.ts';

/** pi, as seen with 0.73.1. */
export const pi: Runtime = {
  command: ['pi'],
  // It asks for no permission.
  install: 'npm install --global @mariozechner/pi-coding-agent',
  // It sends "/clear" to the model.
  resetCommand: '/new',
  resume: ['--continue'],
  // Its prompt has no sign of its own; its last line always shows how much of the context is used: "4.5%/200k (auto)",
  // "?/200k" right after a compaction (components/footer.ts).
  ready: '(?:\\d+(?:\\.\\d+)?%|\\?)/\\d+(?:\\.\\d+)?[kM]?(?: |$)',
  // "Error: 429 {…"type":"rate_limit_error"…", "Error: Codex error: {…"type":"usage_limit_reached"…", "Error: You have hit
  // your ChatGPT usage limit (plus plan). Try again in ~47 min.": https://github.com/earendil-works/pi/issues/4172
  limit:
    '^ *(?:Error|Retry failed after \\d+ attempts?): (?:429\\b|[^❯›]{0,200}?(?:\\b429\\b|usage.limit|rate.limit|quota))(?:[\\s\\S]{0,300}?[Tt]ry again in (~?\\d+ \\w+))?',
};
