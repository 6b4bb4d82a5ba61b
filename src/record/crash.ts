/** record.json of a crash record (schemas/crash.schema.json). */
import type { Ended } from '../model/state.ts';

export interface CrashRecord {
  fleet: string;
  agent: string;
  ended: Ended;
  restarts: number;
  /** Where it worked. */
  workplace: string | undefined;
  /** File names beside it, where there is something. */
  screen: string | undefined;
  git: string | undefined;
}

export function formatCrashRecord({ ended, ...record }: CrashRecord): string {
  return `${JSON.stringify(
    {
      format_version: 1,
      fleet: record.fleet,
      agent: record.agent,
      run: ended.run,
      cause: ended.cause,
      status: ended.status,
      signal: ended.signal,
      ended_at: new Date(ended.at).toISOString(),
      definition: ended.definition,
      restarts: record.restarts,
      working_directory: record.workplace,
      screen: record.screen,
      git: record.git,
    },
    undefined,
    2,
  )}\n`;
}
