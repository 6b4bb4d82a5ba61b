/** What is said to agents, what becomes of it, and what an agent is seen to do. Times are milliseconds since the epoch. */

/**
 * - starting: it does not take input yet
 * - idle: it waits for a message
 * - busy: it works on one
 * - dialog: it asks something that a key would answer
 * - unknown: its runtime has no pattern that tells
 */
export type Activity = 'starting' | 'idle' | 'busy' | 'dialog' | 'unknown';

/** What a screen shows. */
export interface Appearance {
  activity: Activity;
  /** Messages wait until it is done with the one in hand. */
  queued: boolean;
  /** What stands in its editor, '' for nothing; absent where its runtime has no pattern that tells. */
  draft?: string;
  /** The lines of the question that it asks. */
  dialog?: string[];
  /** Nothing has been said in its conversation; absent where its runtime has no pattern that tells. */
  fresh?: boolean;
}

/**
 * - live: a session of ours whose program runs
 * - dead: a session of ours whose program has ended
 * - absent: no session of that name
 * - foreign: a session of that name that is not ours
 */
export type Presence = 'live' | 'dead' | 'absent' | 'foreign';

/** An agent of the fleet file, on whatever host. */
export interface AgentListed {
  agent: string;
  class?: string;
  runtime: string;
  /** The host that the file gives it to; absent: this one. */
  host?: string;
  wanted: 'running' | 'stopped';
  /** Absent: it belongs to another host, which was not asked or did not tell. */
  presence?: Presence;
  /** Why that host did not tell. */
  trouble?: string;
}

export interface AgentStatus {
  agent: string;
  /** The host where it was seen. */
  host: string;
  /** unreachable: its host did not tell; the following two say why, and what helps. */
  presence: Presence | 'unreachable';
  detail?: string;
  fix?: string;
  /** The following only of a live one. */
  activity?: Activity;
  /** Its program, and one life of its session. */
  program?: { pid: number; run: string };
  queued?: boolean;
  /** What somebody has typed to it and not sent; '' for nothing. */
  draft?: string;
  dialog?: string[];
  /** Its kickstart has not been given yet. */
  kickstartPending?: boolean;
  /** The last time that its screen changed. */
  since?: number;
  /** The last line of its screen that has a letter or digit in it. */
  lastLine?: string;
}

export interface Message {
  text: string;
  /** Who speaks, as `HOST:SESSION` or a name; absent: the text goes without a preamble. */
  from?: string;
}

export interface SendOptions {
  /** Wait until it is idle, and for a dialog to go; absent: a busy agent gets it at once, to queue it. */
  wait?: 'idle';
  /** At most so long; absent: without an end. */
  waitMs?: number;
  /** How often Enter is pressed again while the message still stands in the editor. */
  retries: number;
  /** Send along what somebody else has left in the editor. */
  force: boolean;
}

/**
 * - sent: its program has taken it
 * - queued: its program holds it until it is done with another
 * - unverified: it was typed; what became of it cannot be told
 * - failed: it was not delivered, or is lost: the program ended meanwhile
 * - absent: no live session of ours; nothing was typed
 * - dialog, draft: that is in the way; nothing was typed
 */
export type DeliveryResult = 'sent' | 'queued' | 'unverified' | 'failed' | 'absent' | 'dialog' | 'draft';

export interface Delivery {
  agent: string;
  host: string;
  result: DeliveryResult;
  /** Why, in words. */
  detail?: string;
  /** How to go on. */
  fix?: string;
  /** The lines of the question in the way, or of the draft. */
  inTheWay?: string[];
  /** What of the text was changed, in words: see `message/clean.ts`. */
  changes: string[];
}

export interface ResetOptions {
  mode: 'clear' | 'new';
  /** Wait until it is idle first. */
  wait?: 'idle';
  /** Also while it is busy, asks something, has a draft, or keeps a persona. */
  force: boolean;
  /** Give it its kickstart afterwards. */
  kickstart: boolean;
}

/**
 * - cleared: its program has forgotten the conversation
 * - restarted: its program was started anew, without a conversation
 * - refused: busy, a dialog or a draft is in the way: nothing was done
 * - failed: neither took
 */
export interface Reset {
  agent: string;
  host: string;
  result: 'cleared' | 'restarted' | 'refused' | 'failed';
  detail?: string;
  fix?: string;
  inTheWay?: string[];
  /** Absent: it has none, or none was asked for. */
  kickstart?: 'sent' | 'queued' | 'pending' | 'unverified';
}
