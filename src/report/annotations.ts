/**
 * Problems as workflow commands of GitHub Actions, which show each at its line of a pull request; Gitea's and Forgejo's runners
 * print them. Format: docs.github.com, "Workflow commands for GitHub Actions".
 */
import { visible } from '../base/visible.ts';
import { shownPath, type FileProblems } from './problems.ts';

/** @param level of all of them */
export function annotations(
  { file, problems }: Omit<FileProblems, 'text'>,
  level: 'error' | 'notice',
  cwd: string,
): string {
  const path = property(shownPath(file, cwd));
  return problems
    .map(({ message, fix, range }) => {
      const place =
        range === undefined
          ? ''
          : `,line=${range.line},col=${range.column},endColumn=${range.column + range.length}`;
      return `::${level} file=${path}${place}::${data(fix === undefined ? message : `${message}. ${fix}`)}\n`;
    })
    .join('');
}

// A runner reads a line at a time, and takes these for marks of its own.
const data = (text: string): string => visible(text).replaceAll('%', '%25');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
