/** Writing a value into a tmux file or a unit file so that it stays a value. */

/**
 * One word of a tmux command file. Single quotes take everything but a quote and a newline: after a newline inside quotes
 * tmux drops blanks and whole comments, so that is written as an escape between double quotes (tmux cmd-parse.y).
 */
export function tmuxWord(value: string): string {
  if (!/['\n\r]/.test(value)) return `'${value}'`;
  return value
    .split(/(['\n\r]+)/)
    .filter((part) => part !== '')
    .map((part) => {
      if (!/^['\n\r]/.test(part)) return `'${part}'`;
      return `"${part.replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
    })
    .join('');
}

/**
 * A value where tmux expands formats, such as `new-session -c`: `##` is a plain `#`. Before a `[` they begin a style there,
 * and tmux leaves them all as they are (tmux format.c, format_expand1).
 */
export const tmuxPlain = (value: string): string =>
  value.replace(/#+(\[?)/g, (run, style: string) => (style === '' ? run + run : run));

/** A path that tmux would otherwise match as a pattern (glob(7)). */
export const globLiteral = (path: string): string => path.replace(/[*?[\]\\]/g, '\\$&');

/**
 * One word of a unit file's command line or of an `Environment=` value: no specifier, no variable, no escape of systemd's
 * own (systemd.service(5), "Command lines"; systemd.syntax(7), "Quoting").
 */
export function unitWord(value: string): string {
  const plain = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    // systemd ends a line at either.
    .replaceAll('\r', '\\r')
    .replaceAll('%', '%%');
  return `"${plain}"`;
}

/** As `unitWord`, for `ExecStart=` and its kin, where `$` names a variable. */
export const unitArgument = (value: string): string => unitWord(value).replaceAll('$', '$$$$');
