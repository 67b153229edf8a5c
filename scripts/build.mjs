// src → dist: JavaScript with types and source maps, and the JSON Schema of a strategy.
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, run } from './setup.mjs'

rmSync(join(root, 'dist'), { recursive: true, force: true })
run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'])
const { strategyJsonSchema } = await import(pathToFileURL(join(root, 'dist/graph/schema.js')).href)
writeFileSync(join(root, 'dist/strategy.schema.json'), `${JSON.stringify(strategyJsonSchema(), null, 2)}\n`)
chmodSync(join(root, 'dist/cli/bin.js'), 0o755)
