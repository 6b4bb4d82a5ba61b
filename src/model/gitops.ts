/** A followed repository: what is followed, and what came of it. Times are milliseconds since the epoch. */

/** The configuration of a host (`gitops.json`); its trust lies here, never in the repository. */
export interface Following {
  /** As git takes it. It may hold a password: shown only by `shownUrl`. */
  repo: string;
  branch: string;
  /** Of the fleet file, in the repository: relative, with no `.` or `..` in it. */
  path: string;
  /** How often the timer asks the remote. */
  intervalMs: number;
  /** What one fetch may take. */
  timeoutMs: number;
  /** Absolute path of the file of those whose signature a commit must bear; absent: none is asked for. */
  signers?: string;
  /** Nothing is fetched until somebody resumes. */
  suspended?: Suspended;
}

export interface Suspended {
  at: number;
  by: string;
  reason?: string;
}

/** A commit, in the words of whoever wrote it. */
export interface Revision {
  sha: string;
  subject: string;
  author: string;
  /** When it was committed. */
  at: number;
}

/** Something that goes wrong, since when. */
export interface Trouble {
  message: string;
  fix?: string;
  since: number;
}

/** Why a commit is not taken. */
export interface Refusal {
  sha: string;
  rule: string;
  reason: string;
  fix?: string;
  since: number;
  /** What the verdict depends on beside the commit: with the same, it is not asked again. Absent: asked each time. */
  key?: string;
}

/** What came of following (`status.json`): history. What is in force stands in the link `current` alone. */
export interface FollowRecord {
  /** The tip of the branch when the remote was last asked. */
  wanted?: Revision;
  /** When the remote last answered. */
  fetchedAt?: number;
  fetchTrouble?: Trouble;
  refused?: Refusal;
  /** The last commit that was put in force. */
  attempted?: Revision & {
    attemptedAt: number;
    signer?: string;
    /** Digest of the list of signers that it was checked against: by another, it is checked again. */
    checkedBy?: string;
  };
  /** The last commit with which an apply came to a good end. */
  applied?: Revision & { appliedAt: number; signer?: string };
  applyTrouble?: Trouble;
}

/** What one look at the remote came to. */
export type RoundEnd =
  | { kind: 'suspended' }
  | { kind: 'unreached'; trouble: { message: string; fix?: string | undefined }; code: number }
  /** Nothing new. */
  | { kind: 'current'; sha: string }
  | { kind: 'taken'; sha: string; subject: string }
  /** `again`: it was refused before, for the same reason. */
  | { kind: 'refused'; refusal: Refusal; again: boolean };
