// Builds dist/: the schemas' validators, then the command as bundled, minified chunks, loaded as they are needed.
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compileSchemas } from './compile-schemas.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));

await compileSchemas();

/** Another one with every change of the program: what a cache of it goes by. */
const buildId = createHash('sha256');
for (const entry of (await readdir(`${root}src`, { recursive: true })).sort()) {
  if (/\.[jt]s$/.test(entry)) buildId.update(await readFile(`${root}src/${entry}`));
}

// Built beside and moved into place, so that a command that runs meanwhile never sees half of it.
const fresh = `${root}dist.${process.pid}`;
await mkdir(fresh, { recursive: true });
try {
  await build({
    entryPoints: { mosaic: `${root}src/cli/main.ts` },
    outdir: fresh,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    legalComments: 'none',
    // The same parser without what only its own command line needs: smaller, and sooner loaded.
    alias: { yaml: `${root}node_modules/yaml/browser/index.js` },
    define: {
      'process.env.MOSAIC_VERSION': JSON.stringify(version),
      'process.env.MOSAIC_BUILD': JSON.stringify(buildId.digest('hex')),
    },
    banner: {
      js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
    },
  });
  await chmod(`${fresh}/mosaic.js`, 0o755);
  await rm(`${root}dist`, { recursive: true, force: true });
  await rename(fresh, `${root}dist`);
} finally {
  await rm(fresh, { recursive: true, force: true });
}
