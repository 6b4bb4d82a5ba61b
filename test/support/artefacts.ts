import { cpSync, existsSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandResult } from './command.ts';

const root = fileURLToPath(new URL('../../test-artefacts/', import.meta.url));

/** One command that was run in a world, as it goes into `commands.log`. */
export interface CommandRecord {
  command: readonly string[];
  result: CommandResult;
}

/**
 * Keeps what tells why a test failed, under test-artefacts/TEST: every command with its output, the files given by name
 * and text, and copies of whole files and folders. Resolves with the folder.
 */
export function saveArtefacts(
  test: string,
  commands: readonly CommandRecord[],
  texts: Record<string, string>,
  copies: Record<string, string>,
): string {
  const folder = join(root, test.replace(/[^\w.-]+/g, '-').slice(0, 120));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'commands.log'), commands.map(describeCommand).join('\n'));
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  for (const [name, from] of Object.entries(copies)) {
    // Sockets cannot be copied, and are not missed.
    const filter = (path: string) => ['file', 'folder', 'link'].includes(kindOf(path));
    if (existsSync(from)) cpSync(from, join(folder, name), { recursive: true, filter });
  }
  return folder;
}

function kindOf(path: string): 'file' | 'folder' | 'link' | 'other' {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink() === true) return 'link';
  if (stat?.isDirectory() === true) return 'folder';
  return stat?.isFile() === true ? 'file' : 'other';
}

function describeCommand({ command, result }: CommandRecord): string {
  const end = result.code === null ? String(result.signal) : `exit ${result.code}`;
  const lines = [`$ ${command.join(' ')}    # ${end}, ${Math.round(result.durationMs)} ms`];
  if (result.stdout !== '') lines.push(result.stdout.trimEnd());
  if (result.stderr !== '') lines.push(`stderr: ${result.stderr.trimEnd()}`);
  return `${lines.join('\n')}\n`;
}
