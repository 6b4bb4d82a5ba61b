/** What `fleet verify` found, line by line, and for programs (schemas/fleet-verify.schema.json). */
import { counted } from '../base/text.ts';
import { jsonText, visible } from '../base/visible.ts';
import type { Supervisor } from '../model/fleet.ts';
import { defined } from './defined.ts';
import { elapsed } from './format.ts';
import { paint, type Style } from './style.ts';

export interface Finding {
  id: string;
  title: string;
  result: 'ok' | 'failed' | 'not-applicable' | 'not-tried';
  /** Why it is anything but ok. */
  detail?: string;
  fix?: string;
}

export interface VerifyReport {
  fleet: string;
  host: string;
  supervisor: Supervisor;
  result: 'ok' | 'failed' | 'interrupted';
  durationMs: number;
  properties: readonly Finding[];
  /** Throw-away fleets of earlier runs that were cleared first. */
  cleared: readonly string[];
  /** The socket of the fleet that was kept. */
  kept?: string;
}

const words: Record<Finding['result'], [string, Style]> = {
  ok: ['ok', 'green'],
  failed: ['FAILED', 'red'],
  'not-applicable': ['n/a', 'dim'],
  'not-tried': ['not tried', 'yellow'],
};

export function findingText({ title, result, detail, fix }: Finding, color: boolean): string {
  const [word, style] = words[result];
  const lines = [
    `${paint(word.padEnd(9), style, color)}  ${title}`,
    ...(detail === undefined ? [] : [`           ${visible(detail)}`]),
    ...(fix === undefined ? [] : [`           fix: ${visible(fix)}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

export function verifySummary({ result, properties, durationMs, fleet, kept }: VerifyReport): string {
  const failed = properties.filter((one) => one.result === 'failed').length;
  const outcome = {
    ok: 'All of it is so on this host',
    failed: `${counted(failed, 'property').replace('propertys', 'properties')} failed on this host`,
    interrupted: 'Interrupted',
  }[result];
  const keeping =
    kept === undefined
      ? ''
      : `The fleet ${fleet} is kept: tmux -L ${kept} attach shows it, mosaic fleet verify --clear takes it away.\n`;
  return `${outcome} (${elapsed(durationMs)}).\n${keeping}`;
}

export function verifyJsonText(report: VerifyReport): string {
  const { fleet, host, supervisor, result, durationMs, properties, cleared, kept } = report;
  const json = {
    format_version: 1,
    fleet,
    host,
    supervisor,
    result,
    duration_ms: Math.round(durationMs),
    properties: properties.map(({ id, title, result: found, detail, fix }) =>
      defined({ id, title, result: found, detail, fix }),
    ),
    cleared,
    ...defined({ kept }),
  };
  return `${jsonText(json, 2)}\n`;
}
