// `npm start`: packages, build, and the learning loop on the built-in market. Arguments after `--` go to the loop.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, install, root } from './setup.mjs'

install()
build()
const child = spawn(process.execPath, [join(root, 'dist/cli/bin.js'), 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
// The loop finishes its evaluation and leaves by itself; this process only waits for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
