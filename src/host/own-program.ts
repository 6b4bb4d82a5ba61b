/** How this very mosaic is run: what units and crontabs name. */
import { realpathSync } from 'node:fs';

export interface OwnProgram {
  /** Absolute path of node. */
  node: string;
  /** Of node, such as `20.19.0`. */
  nodeVersion: string;
  /** Absolute path of the file that node runs, links resolved. */
  mosaic: string;
}

export function ownProgram(): OwnProgram {
  const [, file = ''] = process.argv;
  return { node: process.execPath, nodeVersion: process.versions.node, mosaic: realpathSync(file) };
}
