// Packages and a build, for commands that need both and are not `npm start` or `npm test`.
import { build, install } from './setup.mjs'

install()
build()
