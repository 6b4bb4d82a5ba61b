/** gitops.json and status.json of a followed repository (schemas/gitops-config.schema.json, gitops-record.schema.json). */
import { gitopsConfig } from '../generated/gitopsConfig.js';
import { gitopsRecord } from '../generated/gitopsRecord.js';
import type { Following, FollowRecord } from '../model/gitops.ts';
import { parseChecked } from './json.ts';
import { toCamel, toSnake } from './keys.ts';

/** Throws an Error in words when the text is no such configuration. */
export const parseFollowing = (text: string): Following => parsed(text, gitopsConfig) as Following;

/** Throws an Error in words when the text is no such record. */
export const parseFollowRecord = (text: string): FollowRecord => parsed(text, gitopsRecord);

export const formatFollowing = (following: Following): string => formatted(following);
export const formatFollowRecord = (record: FollowRecord): string => formatted(record);

function parsed(text: string, valid: Parameters<typeof parseChecked>[1]): object {
  const { format_version: _, ...data } = parseChecked(text, valid) as Record<string, unknown>;
  return toCamel(data) as object;
}

const formatted = (value: object): string =>
  `${JSON.stringify({ format_version: 1, ...(toSnake(value) as object) }, undefined, 2)}\n`;
