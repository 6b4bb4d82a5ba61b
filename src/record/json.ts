/** What the files of ours have in common: JSON, checked against a schema. */
import type { ErrorObject } from 'ajv';

interface Validator {
  (data: unknown): boolean;
  errors?: ErrorObject[] | null;
}

/** Throws an Error in words when the text is no JSON, or not what the schema says. */
export function parseChecked(text: string, valid: Validator): unknown {
  if (text.trim() === '') throw new Error('it is empty');
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (valid(data)) return data;
  const first = valid.errors?.[0];
  throw new Error(`${first?.instancePath === '' ? 'it' : first?.instancePath} ${first?.message}`);
}
