/** A followed repository: for people, and for programs (schemas/gitops-status.schema.json). Nothing of an address that is secret. */
import { jsonText, visible } from '../base/visible.ts';
import { shownUrl } from '../gitops/source.ts';
import { askTrouble } from '../gitops/unasked.ts';
import type {
  Following,
  FollowRecord,
  Refusal,
  Revision,
  RoundEnd,
  Suspended,
  Trouble,
} from '../model/gitops.ts';
import { defined } from './defined.ts';
import { ago, duration, isoSeconds } from './format.ts';
import { paint, type Style } from './style.ts';
import type { Terminal } from './terminal.ts';
import { wrap } from './text.ts';

export interface FollowReport {
  fleet: string;
  following: Following;
  record: FollowRecord;
  /** The commit that each apply follows; absent: none yet. */
  inForce?: string;
  /** The fleet file in force. */
  file?: string;
}

/** The last round came when it was due, and it and the apply after it went well. Suspended, there is none. */
export const isHealthy = (
  { following, record }: Pick<FollowReport, 'following' | 'record'>,
  now: number,
): boolean =>
  askTrouble(following, record, now) === undefined &&
  record.refused === undefined &&
  record.applyTrouble === undefined;

const short = (sha: string): string => sha.slice(0, 10);

/** Lines of a name and what it says, wrapped to the width. */
export function gitopsText(
  report: FollowReport,
  layout: Pick<Terminal, 'color' | 'columns'>,
  now: number,
): string {
  const { following, record, inForce, file } = report;
  const { suspended, signers } = following;
  const { wanted, attempted, applied, refused, applyTrouble } = record;
  const rows: [string, string, (Style | undefined)?][] = [
    ['remote', shownUrl(following.repo)],
    ['branch', following.branch],
    ['path', following.path],
    ['in force', file ?? 'nothing yet', file === undefined ? 'yellow' : undefined],
    ['wanted', wanted === undefined ? 'not known yet' : revisionText(wanted, now)],
    ...(attempted !== undefined && attempted.sha !== applied?.sha
      ? [
          [
            'attempted',
            `${revisionText(attempted, now)}, put in force ${ago(attempted.attemptedAt, now)}`,
          ] as [string, string],
        ]
      : []),
    [
      'applied',
      applied === undefined
        ? 'nothing yet'
        : `${revisionText(applied, now)}, applied ${ago(applied.appliedAt, now)}`,
      inForce !== undefined && applied?.sha === inForce && isHealthy(report, now) ? 'green' : undefined,
    ],
    [
      'signature',
      signers === undefined
        ? 'not asked for'
        : `asked for (${signers})${attempted?.signer === undefined ? '' : `; that in force is signed by ${attempted.signer}`}`,
    ],
    [
      'fetched',
      `${record.fetchedAt === undefined ? 'never' : ago(record.fetchedAt, now)}, every ${duration(following.intervalMs)}`,
    ],
    ...(suspended === undefined
      ? []
      : [['suspended', suspendedText(suspended, now), 'yellow'] as [string, string, Style]]),
    ...trouble('not synced', askTrouble(following, record, now), now),
    ...(refused === undefined ? [] : trouble('refused', { ...refused, message: refusalText(refused) }, now)),
    ...trouble('not applied', applyTrouble, now),
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const body = rows.flatMap(([name, text, style]) =>
    wrap(visible(text), Math.max(20, layout.columns - width)).map(
      (line, index) => `${(index === 0 ? name : '').padEnd(width)}${paint(line, style, layout.color)}\n`,
    ),
  );
  const heading = paint(`Fleet ${visible(report.fleet)} follows a repository`, 'bold', layout.color);
  return `${heading}\n\n${body.join('')}`;
}

const trouble = (name: string, what: Trouble | undefined, now: number): [string, string, Style][] =>
  what === undefined
    ? []
    : [[name, `since ${duration(now - what.since)}: ${sentence(what.message, what.fix)}`, 'red']];

const sentence = (message: string, fix: string | undefined): string =>
  fix === undefined ? message : `${message}. ${fix}`;

const refusalText = ({ sha, reason }: Refusal): string => `${short(sha)}: ${reason}`;

const revisionText = ({ sha, subject, author, at }: Revision, now: number): string =>
  `${short(sha)} ${subject} (${author}, ${ago(at, now)})`;

export const suspendedText = ({ at, by, reason }: Suspended, now: number): string =>
  `by ${visible(by)} ${ago(at, now)}${reason === undefined ? '' : `: ${visible(reason)}`}`;

/** One line for a report on the fleet; the trouble, where there is any. */
export function followLine(report: FollowReport, now: number): string {
  const { following, record, inForce } = report;
  const { suspended } = following;
  const revision = inForce === undefined ? 'nothing is in force yet' : `at ${short(inForce)}`;
  const since =
    record.applied?.sha === inForce && record.applied !== undefined
      ? ` since ${duration(now - record.applied.appliedAt)}`
      : '';
  const { refused, applyTrouble } = record;
  const wrong =
    suspended !== undefined
      ? `suspended ${suspendedText(suspended, now)}`
      : refused !== undefined
        ? refusalText(refused)
        : (askTrouble(following, record, now)?.message ?? applyTrouble?.message);
  const more = wrong === undefined ? '' : `; ${wrong}`;
  return `${visible(`Follows ${shownUrl(following.repo)}, ${revision}${since}${more}`)}\n`;
}

/** What a round came to, a line or two. */
export function roundText(
  end: RoundEnd,
  { remote, inForce }: { remote: Following; inForce: string | undefined },
): string {
  const stays = inForce === undefined ? 'Nothing is in force yet.' : `${short(inForce)} stays in force.`;
  const lines = {
    suspended: () => `Suspended: ${shownUrl(remote.repo)} is not asked (mosaic gitops resume).`,
    current: () => `Nothing new: ${stays}`,
    taken: () => (end.kind === 'taken' ? `New: ${short(end.sha)} ${end.subject}` : ''),
    unreached: () =>
      end.kind === 'unreached'
        ? `Not synced: ${sentence(end.trouble.message, end.trouble.fix)}\n${stays}`
        : '',
    refused: () =>
      end.kind === 'refused'
        ? `Not taken: ${sentence(refusalText(end.refusal), end.refusal.fix)}\n${stays}`
        : '',
  };
  return lines[end.kind]()
    .split('\n')
    .map((line) => `${visible(line)}\n`)
    .join('');
}

/** `gitopsJson` as indented text. */
export const gitopsJsonText = (report: FollowReport, now: number): string =>
  `${jsonText(gitopsJson(report, now), 2)}\n`;

export function gitopsJson(report: FollowReport, now: number) {
  const { fleet, following, record, inForce, file } = report;
  const { suspended } = following;
  const { wanted, attempted, applied, refused } = record;
  return defined({
    format_version: 1 as const,
    fleet,
    remote: shownUrl(following.repo),
    branch: following.branch,
    path: following.path,
    interval_seconds: following.intervalMs / 1000,
    file,
    healthy: isHealthy(report, now),
    signers: following.signers,
    suspended:
      suspended === undefined
        ? undefined
        : defined({ since: isoSeconds(suspended.at), by: suspended.by, reason: suspended.reason }),
    wanted: wanted === undefined ? undefined : revisionJson(wanted),
    attempted:
      attempted === undefined ? undefined : { sha: attempted.sha, at: isoSeconds(attempted.attemptedAt) },
    in_force: inForce,
    applied:
      applied === undefined
        ? undefined
        : defined({
            ...revisionJson(applied),
            applied_at: isoSeconds(applied.appliedAt),
            signer: applied.signer,
          }),
    fetched_at: record.fetchedAt === undefined ? undefined : isoSeconds(record.fetchedAt),
    fetch_trouble: troubleJson(askTrouble(following, record, now)),
    refused:
      refused === undefined
        ? undefined
        : defined({
            sha: refused.sha,
            rule: refused.rule,
            reason: refused.reason,
            fix: refused.fix,
            since: isoSeconds(refused.since),
          }),
    apply_trouble: troubleJson(record.applyTrouble),
  });
}

const revisionJson = ({ sha, subject, author, at }: Revision) => ({
  sha,
  subject,
  author,
  committed_at: isoSeconds(at),
});

const troubleJson = (what: Trouble | undefined) =>
  what === undefined
    ? undefined
    : defined({ message: what.message, fix: what.fix, since: isoSeconds(what.since) });
