/** Keeping secret values out of what is shown. */
import { tmuxWord } from './quote.ts';

const HIDDEN = '(secret)';

/** The header line that names the secret variables of an agent's file. */
export const secretsLine = (names: string[]): string => `# secret: ${names.join(' ')}`;

/** An agent's rendered file as it may be shown: the variables that it names as secret have their values replaced. */
export function withoutSecrets(text: string): string {
  const names = /^# secret: (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
  if (names.length === 0) return text;
  const secret = new Set(names);
  return text.replace(
    /^( {2}-e )('?)([A-Za-z_][A-Za-z0-9_]*)=.*( \\)$/gm,
    (line, start: string, _q, name: string) =>
      secret.has(name) ? `${start}${tmuxWord(`${name}=${HIDDEN}`)} \\` : line,
  );
}
