/** What the stand-in shows: a transcript, and below it what is live: queue, spinner, and the editor or a dialog. */

const ROWS_OF_DRAFT = 10;
const LINES_OF_MESSAGE = 5;
const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

const safe = (text) =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '·').replaceAll('\t', '    ');

function wrapped(text, width) {
  return safe(text)
    .split('\n')
    .flatMap((line) => {
      const points = [...line];
      const rows = [];
      for (let at = 0; at === 0 || at < points.length; at += width)
        rows.push(points.slice(at, at + width).join(''));
      return rows;
    });
}

/** The lines that a message leaves in the transcript. */
export function messageLines(text, width) {
  const rows = wrapped(text, width - 2);
  const shown = rows.slice(0, LINES_OF_MESSAGE).map((row, index) => (index === 0 ? '> ' : '  ') + row);
  return rows.length > LINES_OF_MESSAGE ? [...shown, `  … +${rows.length - LINES_OF_MESSAGE} lines`] : shown;
}

/** @param state `{ queue, busySince, dialog, draft, placeholder }` */
export function liveLines({ queue, busySince, dialog, draft, placeholder, hidesBusy }, width, now) {
  const lines = queue.slice(0, 3).map((text) => `Queued: ${wrapped(text, width - 10)[0]}`);
  if (queue.length > 3) lines.push(`Queued: … and ${queue.length - 3} more`);
  if (busySince !== undefined && !hidesBusy) {
    const spinner = SPINNER[Math.floor(now / 100) % SPINNER.length];
    lines.push(`${spinner} Working… (${Math.floor((now - busySince) / 1000)}s · esc to interrupt)`);
  }
  if (dialog !== undefined)
    return [
      ...lines,
      'Run this command?',
      `  ${dialog}`,
      '❯ 1. Yes',
      '  2. No',
      'Enter to confirm · Esc to cancel',
    ];
  const rule = '─'.repeat(Math.max(width - 1, 12));
  const rows =
    draft === '' ? [`\u001b[2m${placeholder}\u001b[22m`] : wrapped(draft, width - 4).slice(-ROWS_OF_DRAFT);
  return [...lines, rule, ...rows.map((row, index) => (index === 0 ? '> ' : '  ') + row), rule];
}

/** Draws on a terminal, on its alternate screen or at the end of what it scrolls. */
export function makeView(out, isAlternate) {
  const transcript = [];
  let unprinted = 0;
  let liveRows = 0;
  const width = () => out.columns ?? 80;
  const height = () => out.rows ?? 24;
  return {
    width,
    /** Modes: no wrapping, since a row is a row; bracketed paste. */
    open: () => out.write(`${isAlternate ? '\u001b[?1049h' : ''}\u001b[?7l\u001b[?2004h`),
    close: () => out.write(`\u001b[?2004l\u001b[?7h${isAlternate ? '\u001b[?1049l' : ''}`),
    title: (text) => out.write(`\u001b]2;${text}\u0007`),
    add(lines) {
      transcript.push(...lines);
      unprinted += lines.length;
    },
    clear() {
      transcript.length = 0;
      unprinted = 0;
      liveRows = 0;
      out.write('\u001b[H\u001b[2J');
    },
    blank: () => out.write('\u001b[H\u001b[2J'),
    draw(live) {
      if (isAlternate) {
        const rows = [...transcript, ...live].slice(-height());
        out.write(`\u001b[H${rows.map((row) => `${row}\u001b[0m\u001b[K`).join('\r\n')}\u001b[J`);
        return;
      }
      const shown = live.slice(-(height() - 1));
      const rows = [...transcript.slice(transcript.length - unprinted), ...shown];
      const up = liveRows > 1 ? `\u001b[${liveRows - 1}A` : '';
      out.write(`\r${up}\u001b[J${rows.map((row) => `${row}\u001b[0m`).join('\r\n')}`);
      unprinted = 0;
      liveRows = shown.length;
    },
  };
}
