/** What agents do, and what was said to them: tables for people, JSON for programs (schemas/agent-*.schema.json). */
import { jsonText, visible, visibleWithTabs } from '../base/visible.ts';
import type { AgentListed, AgentStatus, Delivery, DeliveryResult, Reset } from '../model/messaging.ts';
import type { Tail } from '../transport/transport.ts';
import { defined } from './defined.ts';
import { ago, isoSeconds } from './format.ts';
import { paint, type Style } from './style.ts';
import { table, type Cell, type Column } from './table.ts';
import type { Terminal } from './terminal.ts';

type Layout = Pick<Terminal, 'color' | 'columns'>;

const json = (value: object): string => `${jsonText({ format_version: 1, ...value }, 2)}\n`;

const rosterColumns: Column[] = [
  { header: 'AGENT', importance: 5, min: 12 },
  { header: 'CLASS', importance: 3 },
  { header: 'RUNTIME', importance: 2 },
  { header: 'HOST', importance: 1, min: 8 },
  { header: 'STATE', importance: 4, min: 10 },
];

export const rosterText = (listed: readonly AgentListed[], layout: Layout): string =>
  listed.length === 0
    ? 'The fleet has no agents.\n'
    : table(
        rosterColumns,
        listed.map((one): Cell[] => [one.agent, one.class ?? '', one.runtime, one.host ?? '', stateOf(one)]),
        layout,
      );

const presences: Record<AgentStatus['presence'], { word: string; style?: Style }> = {
  live: { word: 'running', style: 'green' },
  dead: { word: 'dead', style: 'red' },
  absent: { word: 'absent', style: 'yellow' },
  foreign: { word: 'foreign', style: 'red' },
  unreachable: { word: 'unreachable', style: 'red' },
};

function stateOf({ presence, wanted, trouble }: AgentListed): Cell {
  if (trouble !== undefined) return { text: `unreachable: ${trouble}`, style: 'red' };
  if (presence === undefined) return 'not asked';
  if (wanted === 'stopped' && presence === 'absent') return 'stopped';
  const { word, style } = presences[presence];
  return { text: word, ...(style === undefined ? {} : { style }) };
}

export const rosterJson = (fleet: string, listed: readonly AgentListed[]): string =>
  json({
    fleet,
    agents: listed.map((one) =>
      defined({
        agent: one.agent,
        class: one.class,
        runtime: one.runtime,
        host: one.host,
        wanted: one.wanted,
        presence: one.presence,
        trouble: one.trouble,
      }),
    ),
  });

const statusColumns: Column[] = [
  { header: 'AGENT', importance: 5, min: 12 },
  { header: 'HOST', importance: 1, min: 8 },
  { header: 'STATE', importance: 4 },
  { header: 'SINCE', importance: 3, align: 'right' },
  { header: 'LAST LINE', importance: 2, min: 20 },
];

/** @param whole also what it asks and what stands in its editor */
export function statusesText(
  statuses: readonly AgentStatus[],
  layout: Layout,
  now: number,
  whole: boolean,
): string {
  if (statuses.length === 0) return 'The fleet has no agents.\n';
  const hosts = new Set(statuses.map(({ host }) => host));
  const rows = statuses.map((status): Cell[] => {
    const { word, style } = doing(status);
    return [
      status.agent,
      hosts.size > 1 ? status.host : '',
      { text: word, ...(style === undefined ? {} : { style }) },
      status.since === undefined ? '' : ago(status.since, now).replace(/ ago$/, ''),
      status.detail ?? status.lastLine ?? '',
    ];
  });
  const more = whole ? statuses.flatMap((status) => details(status, layout.color)) : [];
  return table(statusColumns, rows, layout) + more.map((line) => `${line}\n`).join('');
}

function doing(status: AgentStatus): { word: string; style?: Style } {
  const { presence, activity, queued, draft = '', kickstartPending } = status;
  if (presence !== 'live' || activity === undefined) return presences[presence];
  const marks = [
    ...(queued === true ? ['queued'] : []),
    ...(draft === '' ? [] : ['draft']),
    ...(kickstartPending === true ? ['kickstart pending'] : []),
  ];
  const words = { starting: 'starting', idle: 'idle', busy: 'busy', dialog: 'asks', unknown: 'running' };
  const styles: Partial<Record<typeof activity, Style>> = { idle: 'green', busy: 'cyan', dialog: 'yellow' };
  const style = styles[activity];
  return {
    word: [words[activity], ...marks].join(', '),
    ...(style === undefined ? {} : { style }),
  };
}

function details({ dialog, draft = '', fix }: AgentStatus, color: boolean): string[] {
  const block = (title: string, lines: readonly string[]): string[] => [
    '',
    paint(title, 'bold', color),
    ...lines.map((line) => `  ${visibleWithTabs(line)}`),
  ];
  return [
    ...(dialog === undefined ? [] : block('It asks:', dialog)),
    ...(draft === '' ? [] : block('In its editor, not sent:', draft.split('\n'))),
    ...(fix === undefined ? [] : [`  fix: ${visible(fix)}`]),
  ];
}

export const statusesJson = (fleet: string, statuses: readonly AgentStatus[]): string =>
  json({
    fleet,
    agents: statuses.map((status) =>
      defined({
        agent: status.agent,
        host: status.host,
        presence: status.presence,
        detail: status.detail,
        activity: status.activity,
        queued: status.queued,
        draft: status.draft,
        dialog: status.dialog,
        kickstart_pending: status.kickstartPending,
        pid: status.program?.pid,
        run: status.program?.run,
        since: status.since === undefined ? undefined : isoSeconds(status.since),
        last_line: status.lastLine,
      }),
    ),
  });

const delivery = (one: Delivery): object =>
  defined({
    agent: one.agent,
    host: one.host,
    result: one.result,
    detail: one.detail,
    fix: one.fix,
    in_the_way: one.inTheWay,
    changes: one.changes,
  });

export const deliveryJson = (one: Delivery): string => json(delivery(one));

export const deliveriesJson = (fleet: string, all: readonly Delivery[]): string =>
  json({ fleet, deliveries: all.map(delivery) });

const results: Record<DeliveryResult, { word: string; style?: Style }> = {
  sent: { word: 'sent', style: 'green' },
  queued: { word: 'queued', style: 'green' },
  unverified: { word: 'sent, unverified', style: 'yellow' },
  failed: { word: 'failed', style: 'red' },
  absent: { word: 'not there', style: 'red' },
  dialog: { word: 'asks something', style: 'yellow' },
  draft: { word: 'has a draft', style: 'yellow' },
};

/** What is in the way, and how to go on. */
const wayOut = ({ inTheWay = [], fix }: Pick<Delivery, 'inTheWay' | 'fix'>): string[] => [
  ...inTheWay.map((line) => `  ${visibleWithTabs(line)}`),
  ...(fix === undefined ? [] : [`  fix: ${visible(fix)}`]),
];

/** The result on standard output; why, and what was changed, beside it. */
export function deliveryText(one: Delivery): { out: string; err: string } {
  const isDone = one.result === 'sent' || one.result === 'queued';
  const err = [
    ...(one.detail === undefined || isDone ? [] : [`mosaic: ${one.agent}: ${visible(one.detail)}`]),
    ...wayOut(one),
    ...one.changes.map((change) => `Note: ${visible(change)}`),
  ];
  return { out: `${one.agent}: ${results[one.result].word}\n`, err: err.map((line) => `${line}\n`).join('') };
}

const deliveryColumns: Column[] = [
  { header: 'AGENT', importance: 4, min: 12 },
  { header: 'HOST', importance: 1, min: 8 },
  { header: 'RESULT', importance: 3 },
  { header: 'WHY', importance: 2, min: 26, overflow: 'wrap' },
];

export function deliveryTable(all: readonly Delivery[], layout: Layout): string {
  const hosts = new Set(all.map(({ host }) => host));
  const rows = all.map((one): Cell[] => {
    const { word, style } = results[one.result];
    const isDone = one.result === 'sent' || one.result === 'queued';
    return [
      one.agent,
      hosts.size > 1 ? one.host : '',
      { text: word, ...(style === undefined ? {} : { style }) },
      isDone ? '' : (one.detail ?? ''),
    ];
  });
  return table(deliveryColumns, rows, layout);
}

export const resetJson = (one: Reset): string =>
  json(
    defined({
      agent: one.agent,
      host: one.host,
      result: one.result,
      detail: one.detail,
      fix: one.fix,
      in_the_way: one.inTheWay,
      kickstart: one.kickstart,
    }),
  );

const resets: Record<Reset['result'], string> = {
  cleared: 'its conversation is empty',
  restarted: 'started anew, its conversation is empty',
  refused: 'not reset',
  failed: 'not reset',
};

export function resetText(one: Reset): { out: string; err: string } {
  const kickstart = one.kickstart === undefined ? '' : `; kickstart ${one.kickstart}`;
  const err = [
    ...(one.detail === undefined
      ? []
      : [
          one.result === 'restarted'
            ? `Note: ${visible(one.detail)}`
            : `mosaic: ${one.agent}: ${visible(one.detail)}`,
        ]),
    ...wayOut(one),
  ];
  return {
    out: `${one.agent}: ${resets[one.result]}${kickstart}\n`,
    err: err.map((line) => `${line}\n`).join(''),
  };
}

/** Lines of a screen: tmux has made cells of them, and what else a terminal might act on is made visible. */
export const tailText = (lines: readonly string[], ansi: boolean): string =>
  lines.map((line) => `${ansi ? colouredLine(line) : visibleWithTabs(line)}\n`).join('');

const colouredLine = (line: string): string =>
  line
    .split(/(\u001b\[[\d;:]*m)/)
    .map((part, index) => (index % 2 === 1 ? part : visibleWithTabs(part)))
    .join('');

export const tailJson = (one: Tail): string =>
  json({ agent: one.agent, host: one.host, presence: one.presence, lines: one.lines });
