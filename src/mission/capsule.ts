/** next-task.json (schemas/next-task.schema.json): what a launched session starts from, for programs. */
import type { Brief } from './brief.ts';

/** @param generatedAt ISO 8601 */
export function formatCapsule(brief: Brief, generatedAt: string): string {
  const { record, places, milestone, task, progress, branch } = brief;
  const capsule = {
    generated_at: generatedAt,
    runtime: brief.runtime,
    mission_id: record.mission_id,
    mission_name: record.name,
    project_path: places.project,
    quality_gates: record.quality_gates ?? '',
    current_milestone: { id: milestone?.id ?? '', name: milestone?.name ?? '' },
    next_task: task?.id ?? '',
    progress: { tasks_done: progress.done, tasks_total: progress.total, pct: progress.pct },
    current_branch: branch ?? '',
  };
  return `${JSON.stringify(capsule, undefined, 2)}\n`;
}
